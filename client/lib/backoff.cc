// SPDX-License-Identifier: Apache-2.0

#include "millrace/backoff.h"

#include <algorithm>

namespace millrace::client {

Backoff::Backoff(const RetryOptions& options)
    : options_(options), random_(std::random_device()()), ceiling_(options.backoff_initial) {}

absl::Duration Backoff::Next() {
  ++failures_;
  std::uniform_real_distribution<double> share(0.5, 1.0);
  const absl::Duration wait = std::min(ceiling_, options_.backoff_max) * share(random_);
  ceiling_ = std::min(ceiling_ * 2, options_.backoff_max);
  return wait;
}

void Backoff::Reset() {
  failures_ = 0;
  ceiling_ = options_.backoff_initial;
}

}  // namespace millrace::client

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"

namespace millrace::testing {

// On an error, print it and abort the test.
inline void OkOrAbort(const absl::Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "{}\n", status.ToString());
  std::abort();
}

template <typename T>
T ValueOrAbort(absl::StatusOr<T> value) {
  OkOrAbort(value.status());
  return *std::move(value);
}

}  // namespace millrace::testing

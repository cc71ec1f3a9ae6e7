// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace millrace::listener {

// Bounds how often something is logged that clients can cause: once in ten seconds. One thread uses
// it.
class RateLimitedWarning {
 public:
  // How often it happened since it was logged last, this time included; nothing: do not log.
  std::optional<uint64_t> CountEvent(Micros now) {
    ++count_;
    if (logged_ && now - logged_at_ < kInterval) return std::nullopt;
    logged_ = true;
    logged_at_ = now;
    const uint64_t count = count_;
    count_ = 0;
    return count;
  }

 private:
  static constexpr Micros kInterval = Micros{10} * 1'000'000;
  uint64_t count_ = 0;
  bool logged_ = false;
  Micros logged_at_ = 0;
};

}  // namespace millrace::listener

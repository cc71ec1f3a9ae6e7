// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace millrace::listener {

// Limits how often clients can cause a log message: once in ten seconds. Not thread-safe.
class RateLimitedWarning {
 public:
  // Counts an event. nullopt: do not log. Otherwise log, with the number of events since the last
  // message, including this one.
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

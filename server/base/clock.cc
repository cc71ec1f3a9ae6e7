// SPDX-License-Identifier: Apache-2.0

#include "base/clock.h"

#include <chrono>

namespace millrace {
namespace {

class SystemClock final : public Clock {
 public:
  Micros WallMicros() const override { return Since(std::chrono::system_clock::now()); }
  Micros SteadyMicros() const override { return Since(std::chrono::steady_clock::now()); }

 private:
  template <typename TimePoint>
  static Micros Since(TimePoint now) {
    return std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  }
};

}  // namespace

const Clock& Clock::System() {
  static const SystemClock clock;
  return clock;
}

}  // namespace millrace

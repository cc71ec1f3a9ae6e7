// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>

#include "base/clock.h"

namespace millrace::listener {

// Moves only by Advance. Thread-safe.
class ManualClock final : public Clock {
 public:
  Micros WallMicros() const override { return 0; }
  Micros SteadyMicros() const override { return now_.load(); }
  void Advance(double seconds) { now_.fetch_add(static_cast<Micros>(seconds * 1e6)); }

 private:
  std::atomic<Micros> now_{1'000'000'000};
};

}  // namespace millrace::listener

// SPDX-License-Identifier: Apache-2.0

#include "log/retention.h"

#include <algorithm>

namespace millrace::log {

AgeLimit::AgeLimit(Micros age, const Clock& clock)
    : age_(age), clock_(clock), called_at_(clock.SteadyMicros()), newest_at_(called_at_) {}

Micros AgeLimit::Cutoff(Micros oldest, Micros newest) {
  const Micros steady = clock_.SteadyMicros();
  if (newest != newest_) {
    newest_ = newest;
    newest_at_ = steady;
  }
  const Micros now = std::min(clock_.WallMicros(), newest_ + (steady - newest_at_));
  // There is nothing before the oldest frame, so catching up starts there.
  const Micros reached = std::max(cutoff_.value_or(oldest), oldest);
  cutoff_ = std::min(now - age_, reached + kCatchUpFactor * (steady - called_at_));
  called_at_ = steady;
  return *cutoff_;
}

}  // namespace millrace::log

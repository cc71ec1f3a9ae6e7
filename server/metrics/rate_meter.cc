// SPDX-License-Identifier: Apache-2.0

#include "metrics/rate_meter.h"

namespace millrace {
namespace {

constexpr Micros kWindow = 10'000'000;
constexpr Micros kSpacing = kWindow / 10;

}  // namespace

RateMeter::RateMeter(const Clock& clock) : clock_(clock), readings_{{clock.SteadyMicros(), 0}} {}

double RateMeter::PerSecond(uint64_t count) {
  const Micros now = clock_.SteadyMicros();
  absl::MutexLock lock(&mutex_);
  while (readings_.size() > 1 && now - readings_[1].time >= kWindow) readings_.pop_front();
  const Reading since = readings_.front();
  if (now - readings_.back().time >= kSpacing) readings_.push_back({now, count});
  if (now <= since.time || count <= since.count) return 0;
  return static_cast<double>(count - since.count) * 1e6 / static_cast<double>(now - since.time);
}

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#include "ingest/commit_time_limit.h"

#include "log/commit_time.h"

namespace millrace::ingest {

void CommitTimeLimit::SetSourceTime(Micros source_time) {
  source_time_ = source_time;
  source_time_at_ = clock_.SteadyMicros();
  limit_ = Now() + log::kClockAheadMax;
}

Micros CommitTimeLimit::SourceNow() const {
  if (source_time_ == 0) return clock_.WallMicros();
  return source_time_ + (clock_.SteadyMicros() - source_time_at_);
}

Micros CommitTimeLimit::ClampSlowly(Micros commit_time) {
  limit_ = Now() + log::kClockAheadMax;
  return commit_time <= limit_ ? commit_time : Now();
}

}  // namespace millrace::ingest

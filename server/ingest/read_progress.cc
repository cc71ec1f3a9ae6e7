// SPDX-License-Identifier: Apache-2.0

#include "ingest/read_progress.h"

namespace millrace::ingest {

Micros ReadProgress::SourceTime(bool streaming) const {
  const Micros heard_at = heard_at_.load(std::memory_order_relaxed);
  const bool drained = drained_.load(std::memory_order_relaxed);
  const Micros now = clock_.WallMicros();
  // Everything on its way has been read, and the source sent something recently: new commits arrive
  // at once.
  if (drained && streaming && now - heard_at < 2 * heartbeat_period_) return now;
  // While there is a backlog, the commit time being read shows how far ingestion lags.
  const bool lagging = !drained && commit_time() != 0;
  return lagging ? commit_time() : heard_at;
}

}  // namespace millrace::ingest

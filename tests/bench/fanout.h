// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "bench/bench.h"

namespace millrace::testing {

struct TailFanout {
  std::unique_ptr<FeedServer> feed;
  double deliveries_per_second = 0;
};

// Starts a new server that ingests the bulk backlog while `streams` subscribers read it. They are
// connected from the beginning. Ingest does not wait for them: a subscriber that lags continues
// from disk.
TailFanout DrainAtTail(Bench& bench, int streams);

}  // namespace millrace::testing

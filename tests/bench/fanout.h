// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "bench/bench.h"

namespace millrace::testing {

struct TailFanout {
  std::unique_ptr<FeedServer> feed;
  double deliveries_per_second = 0;
};

// A fresh server reads the bulk backlog while `streams` subscribers that were there from the
// beginning read what it has. Ingest does not wait for them: who cannot keep up goes on from disk.
TailFanout DrainAtTail(Bench& bench, int streams);

}  // namespace millrace::testing

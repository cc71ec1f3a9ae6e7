// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// What the writer met, in microseconds, each sorted.
struct WriterTimes {
  std::vector<double> statements;  // from sending an UPDATE to its answer
  std::vector<double> slips;       // from when it was due to when it was sent
};

// Commits `count` updates of one row each of bench.account at `rate` a second from one session, in
// an open loop: one that comes late delays none after it. Blocks until all are done.
WriterTimes WriteSteadily(const SourceServer& source, int rate, int count);

// The value below which `quantile` of them lie.
double Quantile(const std::vector<double>& sorted, double quantile);

}  // namespace millrace::testing

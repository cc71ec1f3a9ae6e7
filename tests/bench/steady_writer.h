// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// Times of the writer in microseconds, each sorted.
struct WriterTimes {
  std::vector<double> statements;  // from sending an UPDATE to its result
  std::vector<double> slips;       // from the due time of an UPDATE to its sending
};

// Commits `count` updates of one row each of bench.account at `rate` per second from one session,
// in an open loop: a late one does not delay the next. Blocks until all are done.
WriterTimes WriteSteadily(const SourceServer& source, int rate, int count);

// Returns the value at `quantile`.
double Quantile(const std::vector<double>& sorted, double quantile);

}  // namespace millrace::testing

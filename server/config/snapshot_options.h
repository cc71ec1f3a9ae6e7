// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace millrace {

// Whether millraced reads the existing rows of captured tables by itself.
enum class SnapshotMode {
  kInitial,  // reads every captured table whose rows the log does not contain
  kNever,    // reads tables only on request
};

// How to read tables.
struct SnapshotOptions {
  SnapshotMode mode = SnapshotMode::kInitial;
  // Patterns of the tables that `initial` reads, see TablePatterns. Empty: all captured tables.
  std::vector<std::string> tables;
  // Tables read in parallel, each over its own connection.
  uint32_t connections = 2;
  // Chunks are sized so that each takes about this long to read.
  Micros chunk_time = 200'000;
  uint32_t chunk_rows_max = 100'000;
  uint64_t chunk_bytes_max = uint64_t{8} << 20;
  // Rows per second over all connections. 0: no limit.
  uint64_t rows_per_second = 0;
  // The source ends a chunk's query after this time; millraced then retries with a smaller chunk.
  Micros query_time_max = Micros{30} * 1'000'000;
  // Reading pauses while the source has more than this many running threads, or lags longer than
  // this behind its own source. 0: no limit.
  uint32_t threads_running_max = 0;
  Micros replication_lag_max = 0;
  // Only for sources without GTIDs: the longest time until queries see a transaction that is
  // already in the binlog. Must exceed the timeout of semi-synchronous replication, if that is on.
  Micros settle_time = Micros{10} * 1'000'000;

  friend bool operator==(const SnapshotOptions&, const SnapshotOptions&) = default;
};

}  // namespace millrace

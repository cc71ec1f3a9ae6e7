// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace millrace {

// Whether tables are read once before their changes mean anything to a newcomer.
enum class SnapshotMode {
  kInitial,  // every captured table that the log does not hold yet is read, without being asked
  kNever,    // only on request
};

// How tables are read.
struct SnapshotOptions {
  SnapshotMode mode = SnapshotMode::kInitial;
  // Patterns of the tables that `initial` reads, see TablePatterns; empty: all captured.
  std::vector<std::string> tables;
  // Tables read at the same time, each over a connection of its own.
  uint32_t connections = 2;
  // A chunk is sized to take about this long to read.
  Micros chunk_time = 200'000;
  uint32_t chunk_rows_max = 100'000;
  uint64_t chunk_bytes_max = uint64_t{8} << 20;
  // Rows a second over all connections; 0: as fast as the source answers.
  uint64_t rows_per_second = 0;
  // A query that reads a chunk is ended by the source after this long and tried again smaller.
  Micros query_time_max = Micros{30} * 1'000'000;
  // Reading pauses while the source has more threads running, or lags further behind its own
  // source; 0: no limit.
  uint32_t threads_running_max = 0;
  Micros replication_lag_max = 0;
  // Sources without GTIDs only: how long it can take until queries see a transaction that the
  // binlog already tells of. Longer than the timeout of semi-synchronous replication, if that is
  // on.
  Micros settle_time = Micros{10} * 1'000'000;

  friend bool operator==(const SnapshotOptions&, const SnapshotOptions&) = default;
};

}  // namespace millrace

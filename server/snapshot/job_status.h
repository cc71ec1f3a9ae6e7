// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/table_name.h"

namespace millrace::snapshot {

// The state of a snapshot. Stored as StoredSnapshot.state: never renumber.
enum class JobState : uint32_t {
  kRunning = 1,   // reading, or waiting for a connection
  kPaused = 2,    // paused by an operator
  kDone = 3,      // over: every table is done, gone or failed
  kCanceled = 4,  // over: canceled by an operator
};

// The state of one table in a snapshot. Stored as StoredSnapshotTable.state: never renumber.
enum class TableState : uint32_t {
  kWaiting = 1,  // no row read yet
  kReading = 2,
  kDone = 3,    // all its rows are in the log
  kGone = 4,    // dropped or renamed: nothing to read
  kFailed = 5,  // cannot be read
};

struct TableStatus {
  TableName name;
  TableState state = TableState::kWaiting;
  uint64_t rows_read = 0;
  uint64_t rows_estimate = 0;  // estimate of the source, but at least `rows_read`
  uint32_t restarts = 0;
  uint64_t chunks_repeated = 0;
  std::string error;  // the newest error; empty: none
  std::string error_reason;
};

// A snapshot as operators see it.
struct JobStatus {
  std::string name;
  JobState state = JobState::kRunning;
  std::string cause;
  Micros create_time = 0;
  Micros end_time = 0;              // 0 until it is over
  std::string where;                // condition for its rows, shortened if long
  std::vector<TableStatus> tables;  // in reading order
  // The fields below are set only until the snapshot is over.
  double rows_per_second = 0;
  std::optional<int64_t> seconds_left;  // from the source's estimate; nothing: unknown
  std::string waiting;                  // why it is not reading now; empty: it is reading
};

}  // namespace millrace::snapshot

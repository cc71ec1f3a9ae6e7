// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/table_name.h"

namespace millrace::snapshot {

// What a snapshot is doing. Stored as StoredSnapshot.state: never renumber.
enum class JobState : uint32_t {
  kRunning = 1,   // reading, or waiting for a connection
  kPaused = 2,    // held
  kDone = 3,      // over: every table is read, gone or failed
  kCanceled = 4,  // over: ended by an operator
};

// How far a table of a snapshot is. Stored as StoredSnapshotTable.state: never renumber.
enum class TableState : uint32_t {
  kWaiting = 1,  // nothing of it was read yet
  kReading = 2,
  kDone = 3,    // all its rows are in the log
  kGone = 4,    // dropped or renamed: there is nothing to read
  kFailed = 5,  // cannot be read
};

struct TableStatus {
  TableName name;
  TableState state = TableState::kWaiting;
  uint64_t rows_read = 0;
  uint64_t rows_estimate = 0;  // by the source, at least `rows_read`
  uint32_t restarts = 0;
  uint64_t chunks_repeated = 0;
  std::string error;  // what went wrong last; empty: nothing
  std::string error_reason;
};

// A snapshot as operators see it.
struct JobStatus {
  std::string name;
  JobState state = JobState::kRunning;
  std::string cause;
  Micros create_time = 0;
  Micros end_time = 0;              // 0 until it is over
  std::string where;                // condition of its rows, cut off if it is long
  std::vector<TableStatus> tables;  // in the order they are read
  // Of one that is not over.
  double rows_per_second = 0;
  std::optional<int64_t> seconds_left;  // by the source's estimate; nothing: cannot be told
  std::string waiting;                  // why it does not read; empty: it does
};

}  // namespace millrace::snapshot

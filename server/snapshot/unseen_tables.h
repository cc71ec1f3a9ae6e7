// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "mysql/source_pool.h"
#include "schema/registry.h"
#include "snapshot/stream_tasks.h"

namespace millrace::snapshot {

// Learns the definitions of captured tables that match `patterns` and that the log has never seen,
// such as empty ones. Stores them with the row types and field numbers that the first change would
// assign. When Learn returns, they are on disk and visible in the registry. After an error,
// definitions already stored remain.
//
// Blocks. From any thread. Errors: TABLE_PATTERN_MALFORMED; those of SourcePool::Connect and of
// queries; kUnavailable NOT_READY: the feed does not read the source, or does not reach the end of
// its binlog within `timeout`; kUnavailable SOURCE_DIFFERS; kCancelled: the tasks were closed. If
// no table is known or could be described, the error of the first: COLUMN_TYPE_UNKNOWN,
// CHARSET_UNKNOWN, SCHEMA_UNPROVEN or SOURCE_ACCESS_DENIED. SOURCE_ACCESS_DENIED also for a plain
// name that the account cannot see.
struct UnseenTables {
  const SourcePool& source;
  const schema::Registry& registry;
  StreamTasks& tasks;
  absl::Duration timeout = absl::Seconds(15);

  absl::Status Learn(const std::vector<std::string>& patterns) const;
};

}  // namespace millrace::snapshot

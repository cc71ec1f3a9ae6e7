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

// Asks the source for captured tables that match `patterns` and of which the log has seen neither a
// row nor a definition, such as empty ones, and stores their definitions: the row types and field
// numbers that the first change would give them. They are on disk, and readers of the registry see
// them, when it returns. What was stored stays stored after an error.
//
// Blocks. From any thread. Errors: TABLE_PATTERN_MALFORMED; those of
// SourcePool::Connect and of queries; kUnavailable NOT_READY: the feed does not read the source, or
// has not reached the end of its binlog, within `timeout`; kUnavailable SOURCE_DIFFERS; where none
// of the tables is known or could be described, COLUMN_TYPE_UNKNOWN, CHARSET_UNKNOWN,
// SCHEMA_UNPROVEN or SOURCE_ACCESS_DENIED of the first, and the last for a plain name of which the
// account sees nothing; kCancelled: the tasks were closed.
struct UnseenTables {
  const SourcePool& source;
  const schema::Registry& registry;
  StreamTasks& tasks;
  absl::Duration timeout = absl::Seconds(15);

  absl::Status Learn(const std::vector<std::string>& patterns) const;
};

}  // namespace millrace::snapshot

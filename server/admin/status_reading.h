// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "admin/admin_parts.h"
#include "admin/process_status.h"
#include "admin/reader_lag.h"
#include "api/certificates.h"
#include "base/clock.h"
#include "ingest/ingest_status.h"
#include "listener/connections.h"
#include "log/log.h"
#include "millrace/v1/admin.pb.h"
#include "model/sequence.h"
#include "model/table_name.h"

namespace millrace::admin {

struct TableReading {
  TableName name;
  uint64_t inserts = 0;
  uint64_t updates = 0;
  uint64_t deletes = 0;
  uint64_t reads = 0;
};

struct LogReading {
  log::Range range;
  log::WriteCounts written;
  uint64_t disk_bytes = 0;
  std::optional<uint64_t> available_bytes;   // of the file system, to us
  std::optional<Micros> oldest_commit_time;  // of the oldest change; nothing if there is none
};

// A reader of the log: an open stream, or a stored position without one.
struct ReaderReading {
  enum class Place {
    kInLog,
    kInSnapshot,  // among the rows of a snapshot: its lag is unknown
    kInOtherLog,  // where that is in this log only a stream from there finds out
  };
  std::string subscription;  // name; empty: a plain stream
  std::string peer;          // empty: a stored position
  std::string client_name;   // as the client gave it; empty: it gave none
  Place place = Place::kInLog;
  // Of kInLog alone.
  Sequence sequence;
  ReaderLag lag;
};

struct FeedReading {
  uint64_t streams_max = 0;
  uint64_t opened = 0;
  uint64_t refused = 0;
  uint64_t responses = 0;
  uint64_t response_bytes = 0;
  uint64_t ring_bytes = 0;
  std::vector<ReaderReading> streams;        // in the order in which they were opened
  std::vector<ReaderReading> subscriptions;  // in the order of their names
};

// Everything that operators ask, at one moment: for the Admin service and for metrics.
struct StatusReading {
  Micros now = 0;  // time of day
  ProcessStatus process;
  ingest::IngestStatus ingest;
  std::vector<TableReading> tables;
  LogReading log;
  FeedReading feed;
  listener::ConnectionsReading connections;
  std::vector<v1::Snapshot> snapshots;  // newest first
  std::optional<v1::MirrorStatus> mirror;
  api::Certificates::Reading certificates;
};

// How long status and metrics wait for the disk. What takes longer is left out.
inline constexpr absl::Duration kStatusDiskTimeMax = absl::Milliseconds(25);

// Asks all parts. The time of a lag may have to be read from the disk, for the thousand streams and
// the thousand subscriptions that lag most. Beyond them, and after `deadline`, it is unknown.
// Thread-safe; not for a thread of gRPC, as it may wait until the deadline.
StatusReading ReadStatus(const AdminParts& parts, absl::Time deadline);

}  // namespace millrace::admin

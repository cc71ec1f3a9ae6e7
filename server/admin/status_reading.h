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
  std::optional<uint64_t> available_bytes;   // on the file system, for our user
  std::optional<Micros> oldest_commit_time;  // nothing if there is no change or its time is unknown
};

// A reader of the log: an open stream or a stored position.
struct ReaderReading {
  enum class Place {
    kInLog,
    kInSnapshot,  // in the middle of a snapshot; its lag is unknown
    kInOtherLog,  // only a stream that starts from it can find its place in this log
  };
  std::string subscription;  // name; empty: a stream without one
  std::string peer;          // empty: a stored position
  std::string client_name;   // as the client sent it; empty: none
  Place place = Place::kInLog;
  // Set only if kInLog.
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
  std::vector<ReaderReading> streams;        // in opening order
  std::vector<ReaderReading> subscriptions;  // sorted by name
};

// The state of the server at one moment, for the Admin service and for metrics.
struct StatusReading {
  Micros now = 0;  // wall clock
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

// How long status and metrics wait for the disk. They omit times that take longer.
inline constexpr absl::Duration kStatusDiskTimeMax = absl::Milliseconds(25);

// Reads the state of all parts. Times of lags may need the disk: they are read for the thousand
// streams and the thousand subscriptions that lag most, until `deadline`. Others are unknown.
// Thread-safe. May block until the deadline, so never call it on a gRPC thread.
StatusReading ReadStatus(const AdminParts& parts, absl::Time deadline);

}  // namespace millrace::admin

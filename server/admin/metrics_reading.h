// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin/admin_parts.h"
#include "admin/process_status.h"
#include "admin/reader_lag.h"
#include "base/clock.h"
#include "ingest/ingest_status.h"
#include "log/log.h"
#include "millrace/v1/admin.pb.h"
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
  log::Written written;
  uint64_t disk_bytes = 0;
  std::optional<uint64_t> available_bytes;  // of the file system, to us
  std::optional<Micros> oldest_age;         // of the oldest change; nothing if there is none
};

struct FeedReading {
  uint64_t streams = 0;
  uint64_t streams_max = 0;
  uint64_t opened = 0;
  uint64_t refused = 0;
  uint64_t responses = 0;
  uint64_t response_bytes = 0;
  uint64_t ring_bytes = 0;
  ReaderLag slowest;  // of the open streams
  uint64_t subscriptions = 0;
  // Named subscriptions of this log, the furthest behind first, kSubscriptionsMax at most.
  std::vector<std::pair<std::string, ReaderLag>> lags;
  // Each may cost the reading of a frame.
  static constexpr size_t kSubscriptionsMax = 1000;
};

// Everything that metrics tell, at one moment.
struct MetricsReading {
  Micros now = 0;  // time of day
  ProcessStatus process;
  ingest::IngestStatus ingest;
  std::vector<TableReading> tables;
  LogReading log;
  FeedReading feed;
  std::vector<v1::Snapshot> snapshots;  // newest first
  std::optional<v1::MirrorStatus> mirror;
};

// Asks all parts. Reads some frames from disk if readers lag. Thread-safe.
MetricsReading ReadMetrics(const AdminParts& parts);

}  // namespace millrace::admin

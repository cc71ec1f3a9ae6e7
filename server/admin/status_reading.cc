// SPDX-License-Identifier: Apache-2.0

#include "admin/status_reading.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "admin/mirror_message.h"
#include "admin/snapshot_message.h"

namespace millrace::admin {
namespace {

std::vector<TableReading> ReadTables(const ingest::Ingest& ingest) {
  std::vector<TableReading> tables;
  for (const auto& [name, counters] : ingest.table_counters().List()) {
    tables.push_back({.name = name,
                      .inserts = counters->inserts.load(std::memory_order_relaxed),
                      .updates = counters->updates.load(std::memory_order_relaxed),
                      .deletes = counters->deletes.load(std::memory_order_relaxed),
                      .reads = counters->reads.load(std::memory_order_relaxed)});
  }
  return tables;
}

LogReading ReadLog(const log::Log& log, const ReaderLags& lags) {
  LogReading reading{.range = lags.range(),
                     .written = log.written(),
                     .disk_bytes = log.DiskBytes(),
                     .available_bytes = std::nullopt,
                     .oldest_commit_time = std::nullopt};
  std::error_code error;
  const auto space = std::filesystem::space(log.directory(), error);
  if (!error) reading.available_bytes = space.available;
  if (reading.range.oldest <= reading.range.newest) {
    reading.oldest_commit_time = lags.CommitTimeOf(reading.range.oldest);
  }
  return reading;
}

using Place = ReaderReading::Place;

std::vector<ReaderReading> ReadStreams(const api::StreamList& streams) {
  std::vector<ReaderReading> readers;
  for (const auto& stream : streams.List()) {
    ReaderReading& reader = readers.emplace_back();
    reader.subscription = stream->subscription;
    reader.peer = stream->peer;
    reader.client_name = stream->client_name;
    const bool in_log = stream->in_log.load(std::memory_order_acquire);
    reader.place = in_log ? Place::kInLog : Place::kInSnapshot;
    if (in_log) reader.sequence = {stream->passed.load(std::memory_order_relaxed)};
  }
  return readers;
}

std::vector<ReaderReading> ReadSubscriptions(const feed::Subscriptions& subscriptions,
                                             uint64_t log_id) {
  std::vector<ReaderReading> readers;
  for (feed::Subscription& subscription : subscriptions.List()) {
    ReaderReading& reader = readers.emplace_back();
    reader.subscription = std::move(subscription.name);
    reader.place = subscription.token.log_id != log_id       ? Place::kInOtherLog
                   : subscription.token.catch_up.has_value() ? Place::kInSnapshot
                                                             : Place::kInLog;
    if (reader.place == Place::kInLog) reader.sequence = subscription.token.sequence;
  }
  return readers;
}

// Each lag may need a frame from disk. Sorted, because neighbours often need the same frame, which
// is then read once.
void ReadLags(std::vector<ReaderReading>& readers, const ReaderLags& lags) {
  constexpr size_t kTimesMax = 1000;
  std::vector<ReaderReading*> in_log;
  for (ReaderReading& reader : readers) {
    if (reader.place == Place::kInLog) in_log.push_back(&reader);
  }
  std::sort(in_log.begin(), in_log.end(),
            [](const ReaderReading* left, const ReaderReading* right) {
              return left->sequence < right->sequence;
            });
  for (size_t i = 0; i < in_log.size(); ++i) {
    ReaderReading& reader = *in_log[i];
    reader.lag = i < kTimesMax ? lags.Of(reader.sequence) : lags.ChangesOf(reader.sequence);
  }
}

FeedReading ReadFeed(const AdminParts& parts, const ReaderLags& lags) {
  FeedReading reading{
      .streams_max = parts.streams.streams_max(),
      .opened = parts.streams.opened(),
      .refused = parts.streams.refused(),
      .responses = parts.streams.responses(),
      .response_bytes = parts.streams.response_bytes(),
      .ring_bytes = parts.feed.ring_bytes(),
      .streams = ReadStreams(parts.streams),
      .subscriptions = ReadSubscriptions(parts.subscriptions, parts.feed.log().log_id())};
  ReadLags(reading.streams, lags);
  ReadLags(reading.subscriptions, lags);
  return reading;
}

// The mirror itself knows the time of its lag only for changes in memory.
v1::MirrorStatus ReadMirror(const mirror::MirrorControl& mirror, const ReaderLags& lags) {
  mirror::MirrorStatus status = mirror.Status();
  if (status.sequence.has_value() && status.lag_changes > 0 && !status.lag.has_value()) {
    status.lag = lags.Of(*status.sequence).time;
  }
  return MirrorMessage(status);
}

}  // namespace

StatusReading ReadStatus(const AdminParts& parts, absl::Time deadline) {
  const ReaderLags lags(parts.feed, parts.clock, parts.commit_times, deadline);
  StatusReading reading;
  reading.now = parts.clock.WallMicros();
  reading.process = ReadProcessStatus();
  reading.ingest = parts.ingest.status();
  reading.tables = ReadTables(parts.ingest);
  reading.log = ReadLog(parts.feed.log(), lags);
  reading.feed = ReadFeed(parts, lags);
  reading.connections = parts.connections.reading();
  for (const snapshot::JobStatus& status : parts.snapshots.List()) {
    reading.snapshots.push_back(SnapshotMessage(status));
  }
  if (parts.mirror != nullptr) reading.mirror = ReadMirror(*parts.mirror, lags);
  if (parts.certificates != nullptr) reading.certificates = parts.certificates->Read();
  return reading;
}

}  // namespace millrace::admin

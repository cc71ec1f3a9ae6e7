// SPDX-License-Identifier: Apache-2.0

#include "admin/metrics_reading.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <tuple>

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

LogReading ReadLog(const log::Log& log, ReaderLags& lags) {
  LogReading reading{.range = lags.range(),
                     .written = log.written(),
                     .disk_bytes = log.DiskBytes(),
                     .available_bytes = std::nullopt,
                     .oldest_age = std::nullopt};
  std::error_code error;
  const auto space = std::filesystem::space(log.directory(), error);
  if (!error) reading.available_bytes = space.available;
  if (reading.range.oldest <= reading.range.newest) {
    reading.oldest_age = lags.AgeOf(reading.range.oldest);
  }
  return reading;
}

void ReadSubscriptions(const AdminParts& parts, ReaderLags& lags, FeedReading& reading) {
  const uint64_t log_id = parts.feed.log().log_id();
  std::vector<std::pair<Sequence, std::string>> places;
  for (feed::Subscription& subscription : parts.subscriptions.List()) {
    ++reading.subscriptions;
    // Where another log's place is in this one only a stream from there will tell.
    if (subscription.token.log_id != log_id) continue;
    places.emplace_back(subscription.token.sequence, std::move(subscription.name));
  }
  std::sort(places.begin(), places.end(), [](const auto& left, const auto& right) {
    return std::tie(left.first.value, left.second) < std::tie(right.first.value, right.second);
  });
  places.resize(std::min(places.size(), FeedReading::kSubscriptionsMax));
  for (auto& [sequence, name] : places) {
    reading.lags.emplace_back(std::move(name), lags.Of(sequence));
  }
}

FeedReading ReadFeed(const AdminParts& parts, ReaderLags& lags) {
  FeedReading reading{.streams_max = parts.streams.streams_max(),
                      .opened = parts.streams.opened(),
                      .refused = parts.streams.refused(),
                      .responses = parts.streams.responses(),
                      .response_bytes = parts.streams.response_bytes(),
                      .ring_bytes = parts.feed.ring_bytes()};
  Sequence slowest = lags.range().newest;
  for (const auto& stream : parts.streams.List()) {
    ++reading.streams;
    if (!stream->placed.load(std::memory_order_relaxed)) continue;
    slowest = std::min(slowest, Sequence{stream->passed.load(std::memory_order_relaxed)});
  }
  reading.slowest = lags.Of(slowest);
  ReadSubscriptions(parts, lags, reading);
  return reading;
}

}  // namespace

MetricsReading ReadMetrics(const AdminParts& parts) {
  ReaderLags lags(parts.feed, parts.clock);
  MetricsReading reading;
  reading.now = parts.clock.WallMicros();
  reading.process = ReadProcessStatus();
  reading.ingest = parts.ingest.status();
  reading.tables = ReadTables(parts.ingest);
  reading.log = ReadLog(parts.feed.log(), lags);
  reading.feed = ReadFeed(parts, lags);
  reading.snapshots = parts.snapshots.List();
  if (parts.mirror != nullptr) reading.mirror = parts.mirror->Status();
  return reading;
}

}  // namespace millrace::admin

// SPDX-License-Identifier: Apache-2.0

#include "admin/metrics_families.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "admin/metric_list.h"
#include "base/error.h"
#include "base/version.h"

namespace millrace::admin {
namespace {

constexpr char kOther[] = "other";

double Seconds(Micros time) { return static_cast<double>(time) / 1e6; }

double Number(uint64_t value) { return static_cast<double>(value); }

std::string_view StateName(ingest::State state) {
  switch (state) {
    case ingest::State::kConnecting:
      return "connecting";
    case ingest::State::kStreaming:
      return "streaming";
    case ingest::State::kFailed:
      return "failed";
    case ingest::State::kStopping:
      return "stopping";
  }
  return {};
}

std::string_view StateName(v1::MirrorStatus::State state) {
  switch (state) {
    case v1::MirrorStatus::STATE_CONNECTING:
      return "connecting";
    case v1::MirrorStatus::STATE_RUNNING:
      return "running";
    case v1::MirrorStatus::STATE_PAUSED:
      return "paused";
    case v1::MirrorStatus::STATE_PARKED:
      return "parked";
    case v1::MirrorStatus::STATE_STOPPING:
      return "stopping";
    default:
      return {};
  }
}

std::string_view StateName(v1::SnapshotTable::State state) {
  switch (state) {
    case v1::SnapshotTable::STATE_WAITING:
      return "waiting";
    case v1::SnapshotTable::STATE_READING:
      return "reading";
    case v1::SnapshotTable::STATE_DONE:
      return "done";
    case v1::SnapshotTable::STATE_GONE:
      return "gone";
    case v1::SnapshotTable::STATE_FAILED:
      return "failed";
    default:
      return {};
  }
}

void AddIngest(const StatusReading& reading, MetricList& to) {
  const ingest::IngestStatus& ingest = reading.ingest;
  to.Gauge("millrace_ingest_state", "State of reading the source: 1 for the current state.")
      .OneOf("state", {"connecting", "streaming", "failed", "stopping"}, StateName(ingest.state));
  to.Gauge("millrace_ingest_error", "1 while an error keeps the source from being read.");
  if (!ingest.error.empty()) to.Add(1, {{"reason", ingest.error_reason}});
  to.Counter("millrace_ingest_errors_total",
             "Errors that ended or prevented a connection to the source.");
  for (const auto& [reason, count] : ingest.errors) to.Add(Number(count), {{"reason", reason}});
  to.Counter("millrace_ingest_connects_total", "Binlog connections opened.")
      .Add(Number(ingest.connects));
  to.Gauge("millrace_ingest_lag_seconds",
           "How far the log lags behind the source; grows while the source is silent.");
  if (ingest.source_time > 0) {
    to.Add(Seconds(std::max<Micros>(reading.now - ingest.source_time, 0)));
  }
  to.Counter("millrace_ingest_binlog_bytes_total", "Bytes of the binlog read.")
      .Add(Number(ingest.bytes));
  to.Counter("millrace_ingest_transactions_total", "Transactions read.")
      .Add(Number(ingest.transactions));
  to.Counter("millrace_ingest_changes_total", "Changes passed to the log.")
      .Add(Number(ingest.changes));
}

void AddTables(const std::vector<TableReading>& tables, SeriesLimit& limit, MetricList& to) {
  to.Counter("millrace_ingest_table_changes_total", "Changes by table and operation.");
  for (const TableReading& table : tables) {
    // Database names contain no zero byte.
    const bool has_series = limit.Admit(table.name.database + '\0' + table.name.table);
    const auto add = [&](uint64_t count, std::string_view operation) {
      to.Add(Number(count), {{"database", has_series ? table.name.database : kOther},
                             {"table", has_series ? table.name.table : kOther},
                             {"operation", std::string(operation)}});
    };
    add(table.inserts, "insert");
    add(table.updates, "update");
    add(table.deletes, "delete");
    add(table.reads, "read");
  }
}

void AddLog(const LogReading& log, Micros now, MetricList& to) {
  to.Gauge("millrace_log_oldest_sequence", "Sequence of the oldest change in the log.")
      .Add(Number(log.range.oldest.value));
  to.Gauge("millrace_log_newest_sequence", "Sequence of the newest change in the log.")
      .Add(Number(log.range.newest.value));
  to.Gauge("millrace_log_oldest_change_age_seconds", "Age of the oldest change in the log.");
  if (log.oldest_commit_time.has_value()) {
    to.Add(Seconds(std::max<Micros>(now - *log.oldest_commit_time, 0)));
  }
  to.Gauge("millrace_log_disk_bytes", "Bytes that the log occupies on disk.")
      .Add(Number(log.disk_bytes));
  to.Gauge("millrace_log_available_bytes", "Bytes available on the log's file system.");
  if (log.available_bytes.has_value()) to.Add(Number(*log.available_bytes));
  to.Counter("millrace_log_frames_total", "Frames written.").Add(Number(log.written.frames));
  to.Counter("millrace_log_frame_bytes_total", "Bytes of frames written, before compression.")
      .Add(Number(log.written.frame_bytes));
  to.Counter("millrace_log_commits_total", "Writes that made changes visible, one fsync each.")
      .Add(Number(log.written.commits));
  to.Counter("millrace_log_commit_seconds_total", "Time spent in writes that made changes visible.")
      .Add(Seconds(log.written.commit_duration));
}

using Place = ReaderReading::Place;

// The lag of the slowest stream; ignores streams that receive the rows of a snapshot.
ReaderLag SlowestOf(const std::vector<ReaderReading>& streams) {
  ReaderLag slowest;
  for (const ReaderReading& stream : streams) {
    if (stream.place == Place::kInLog && stream.lag.changes > slowest.changes) slowest = stream.lag;
  }
  return slowest;
}

void AddStreams(const FeedReading& feed, MetricList& to) {
  const ReaderLag slowest = SlowestOf(feed.streams);
  to.Gauge("millrace_feed_streams", "Open streams.").Add(Number(feed.streams.size()));
  to.Gauge("millrace_feed_streams_max", "Maximum number of streams, server.streams_max.")
      .Add(Number(feed.streams_max));
  to.Counter("millrace_feed_streams_opened_total", "Streams opened.").Add(Number(feed.opened));
  to.Counter("millrace_feed_streams_refused_total", "Streams refused with STREAM_LIMIT.")
      .Add(Number(feed.refused));
  to.Counter("millrace_feed_responses_total", "Responses sent on streams.")
      .Add(Number(feed.responses));
  to.Counter("millrace_feed_response_bytes_total", "Bytes of responses sent on streams.")
      .Add(Number(feed.response_bytes));
  to.Gauge("millrace_feed_ring_bytes", "Bytes of the newest frames, kept in memory.")
      .Add(Number(feed.ring_bytes));
  to.Gauge("millrace_feed_slowest_stream_lag_changes",
           "Lag of the slowest stream in changes, except streams that receive rows of a snapshot.")
      .Add(Number(slowest.changes));
  to.Gauge("millrace_feed_slowest_stream_lag_seconds",
           "Age of the first change that the slowest stream lacks.");
  if (slowest.time.has_value()) to.Add(Seconds(*slowest.time));
}

// Subscriptions of this log, most lagging first, up to the series limit.
std::vector<const ReaderReading*> SubscriptionsToShow(const FeedReading& feed) {
  constexpr size_t kSubscriptionsMax = 1000;
  std::vector<const ReaderReading*> shown;
  for (const ReaderReading& subscription : feed.subscriptions) {
    if (subscription.place == Place::kInLog) shown.push_back(&subscription);
  }
  std::stable_sort(shown.begin(), shown.end(),
                   [](const ReaderReading* left, const ReaderReading* right) {
                     return left->sequence < right->sequence;
                   });
  shown.resize(std::min(shown.size(), kSubscriptionsMax));
  return shown;
}

void AddConnections(const listener::ConnectionsReading& reading, MetricList& to) {
  to.Gauge("millrace_listener_connections", "Open connections.").Add(Number(reading.open));
  to.Gauge("millrace_listener_connections_max", "Maximum number of open connections.")
      .Add(Number(reading.connections_max));
  to.Counter("millrace_listener_connections_accepted_total", "Connections accepted.")
      .Add(Number(reading.accepted));
  to.Counter("millrace_listener_connections_refused_total",
             "Connections closed immediately, by the limit that they exceeded.");
  for (size_t i = 0; i < listener::kRefusals; ++i) {
    to.Add(Number(reading.refused[i]),
           {{"reason", std::string(listener::Name(listener::Refusal(i)))}});
  }
  to.Counter("millrace_listener_connections_cut_total",
             "Connections closed because they flooded the server.");
  for (size_t i = 0; i < listener::kCutReasons; ++i) {
    to.Add(Number(reading.cut[i]),
           {{"reason", std::string(listener::Name(listener::CutReason(i)))}});
  }
}

void AddSubscriptions(const FeedReading& feed, MetricList& to) {
  const std::vector<const ReaderReading*> shown = SubscriptionsToShow(feed);
  to.Gauge("millrace_feed_subscriptions", "Named subscriptions.")
      .Add(Number(feed.subscriptions.size()));
  to.Gauge("millrace_feed_subscription_lag_changes",
           "Changes after the stored position; absent if it is in another log or in a snapshot.");
  for (const ReaderReading* reader : shown) {
    to.Add(Number(reader->lag.changes), {{"subscription", reader->subscription}});
  }
  to.Gauge("millrace_feed_subscription_lag_seconds",
           "Age of the first change after the stored position.");
  for (const ReaderReading* reader : shown) {
    if (!reader->lag.time.has_value()) continue;
    to.Add(Seconds(*reader->lag.time), {{"subscription", reader->subscription}});
  }
}

// Number of tables by state. The newest snapshot that is relevant to a table decides.
std::map<std::string_view, uint64_t> TablesByState(const std::vector<v1::Snapshot>& snapshots) {
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> states;
  for (const v1::Snapshot& snapshot : snapshots) {
    for (const v1::SnapshotTable& table : snapshot.tables()) {
      // Unread tables of a canceled snapshot will not be read.
      const bool unread = table.state() == v1::SnapshotTable::STATE_WAITING ||
                          table.state() == v1::SnapshotTable::STATE_READING;
      if (unread && snapshot.state() == v1::Snapshot::STATE_CANCELED) continue;
      states.try_emplace({table.database(), table.table()}, StateName(table.state()));
    }
  }
  std::map<std::string_view, uint64_t> counts;
  for (const auto& [name, state] : states) ++counts[state];
  return counts;
}

void AddSnapshots(const std::vector<v1::Snapshot>& snapshots, MetricList& to) {
  const std::map<std::string_view, uint64_t> by_state = TablesByState(snapshots);
  to.Gauge("millrace_snapshot_tables", "Tables by their state in their newest snapshot.");
  for (const std::string_view state : {"waiting", "reading", "done", "gone", "failed"}) {
    const auto count = by_state.find(state);
    to.Add(count == by_state.end() ? 0 : Number(count->second), {{"state", std::string(state)}});
  }
  uint64_t running = 0;
  uint64_t paused = 0;
  uint64_t rows_read = 0;
  uint64_t rows_estimate = 0;
  for (const v1::Snapshot& snapshot : snapshots) {
    const bool runs = snapshot.state() == v1::Snapshot::STATE_RUNNING;
    if (!runs && snapshot.state() != v1::Snapshot::STATE_PAUSED) continue;
    ++(runs ? running : paused);
    for (const v1::SnapshotTable& table : snapshot.tables()) {
      rows_read += table.rows_read();
      rows_estimate += table.rows_estimate();
    }
  }
  to.Gauge("millrace_snapshot_snapshots", "Unfinished snapshots.")
      .Add(Number(running), {{"state", "running"}})
      .Add(Number(paused), {{"state", "paused"}});
  to.Gauge("millrace_snapshot_rows_read", "Rows read by unfinished snapshots.")
      .Add(Number(rows_read));
  to.Gauge("millrace_snapshot_rows_estimate",
           "Rows that unfinished snapshots must read, by the source's estimate.")
      .Add(Number(rows_estimate));
}

void AddMirror(const v1::MirrorStatus& mirror, SeriesLimit& limit, MetricList& to) {
  to.Gauge("millrace_kafka_state", "State of the mirror: 1 for the current state.")
      .OneOf("state", {"connecting", "running", "paused", "parked", "stopping"},
             StateName(mirror.state()));
  to.Gauge("millrace_kafka_error", "1 while an error stops the mirror.");
  if (!mirror.error().empty()) to.Add(1, {{"reason", mirror.error_reason()}});
  to.Gauge("millrace_kafka_warnings", "Warnings, as shown by millrace mirror.")
      .Add(mirror.warnings_size());
  // The position is unknown until Kafka has responded once.
  const bool known = mirror.has_sequence();
  to.Gauge("millrace_kafka_lag_changes", "Changes that are not in Kafka yet.");
  if (known) to.Add(Number(mirror.lag_changes()));
  to.Gauge("millrace_kafka_lag_seconds", "Age of the first change that is not in Kafka yet.");
  if (known) to.Add(Number(mirror.lag().seconds()) + mirror.lag().nanos() / 1e9);
  to.Counter("millrace_kafka_records_total", "Records committed.").Add(Number(mirror.records()));
  to.Counter("millrace_kafka_transactions_total", "Kafka transactions committed.")
      .Add(Number(mirror.transactions()));
  to.Counter("millrace_kafka_transactions_aborted_total", "Kafka transactions aborted.")
      .Add(Number(mirror.transactions_aborted()));
  to.Counter("millrace_kafka_topic_records_total", "Records committed, by topic.");
  for (const v1::MirrorTopic& topic : mirror.topics()) {
    const std::string& name = topic.topic();
    to.Add(Number(topic.records()), {{"topic", limit.Admit(name) ? name : kOther}});
  }
}

void AddCertificates(const api::Certificates::Reading& reading, Micros now, MetricList& to) {
  to.Gauge("millrace_certificate_expires_seconds",
           "Time until the certificate in a file expires; negative after that.");
  for (const api::CertificateReading& certificate : reading.certificates) {
    to.Add(Seconds(certificate.expiry.not_after - now), {{"setting", certificate.file.setting}});
  }
  to.Gauge("millrace_certificate_error",
           "1 while the files of server.tls have changed and are unusable.");
  if (!reading.error.ok()) to.Add(1, {{"reason", ErrorReason(reading.error)}});
}

void AddProcess(const ProcessStatus& process, MetricList& to) {
  to.Gauge("millrace_build_info", "1, labelled with the version.")
      .Add(1, {{"version", std::string(kVersion)}});
  to.Counter("process_cpu_seconds_total", "CPU time used, user and system.")
      .Add(process.cpu_seconds);
  to.Gauge("process_resident_memory_bytes", "Resident memory.").Add(Number(process.resident_bytes));
  to.Gauge("process_virtual_memory_bytes", "Mapped memory.").Add(Number(process.virtual_bytes));
  to.Gauge("process_open_fds", "Open file descriptors.").Add(Number(process.open_fds));
  to.Gauge("process_max_fds", "Maximum number of open file descriptors.")
      .Add(Number(process.max_fds));
  to.Gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.")
      .Add(process.start_seconds);
}

}  // namespace

std::vector<prometheus::MetricFamily> MetricFamilies(const StatusReading& reading,
                                                     SeriesLimits& limits) {
  MetricList list;
  AddIngest(reading, list);
  AddTables(reading.tables, limits.tables, list);
  AddLog(reading.log, reading.now, list);
  AddStreams(reading.feed, list);
  AddConnections(reading.connections, list);
  AddSubscriptions(reading.feed, list);
  AddSnapshots(reading.snapshots, list);
  if (reading.mirror.has_value()) AddMirror(*reading.mirror, limits.topics, list);
  AddCertificates(reading.certificates, reading.now, list);
  AddProcess(reading.process, list);
  return list.Take();
}

}  // namespace millrace::admin

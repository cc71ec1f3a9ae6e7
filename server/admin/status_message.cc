// SPDX-License-Identifier: Apache-2.0

#include "admin/status_message.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "google/protobuf/util/time_util.h"
#include "model/flavour.h"

namespace millrace::admin {
namespace {

using google::protobuf::util::TimeUtil;

v1::SourceStatus::State ToMessage(ingest::State state) {
  switch (state) {
    case ingest::State::kConnecting:
      return v1::SourceStatus::STATE_CONNECTING;
    case ingest::State::kStreaming:
      return v1::SourceStatus::STATE_STREAMING;
    case ingest::State::kFailed:
      return v1::SourceStatus::STATE_FAILED;
    case ingest::State::kStopping:
      return v1::SourceStatus::STATE_STOPPING;
  }
  return v1::SourceStatus::STATE_UNSPECIFIED;
}

v1::SubscriptionStatus::Place ToMessage(ReaderReading::Place place) {
  switch (place) {
    case ReaderReading::Place::kInLog:
      return v1::SubscriptionStatus::PLACE_IN_LOG;
    case ReaderReading::Place::kInSnapshot:
      return v1::SubscriptionStatus::PLACE_IN_SNAPSHOT;
    case ReaderReading::Place::kInOtherLog:
      return v1::SubscriptionStatus::PLACE_IN_OTHER_LOG;
  }
  return v1::SubscriptionStatus::PLACE_UNSPECIFIED;
}

void AddSource(const StatusReading& reading, v1::SourceStatus& source) {
  const ingest::IngestStatus& status = reading.ingest;
  source.set_address(status.address);
  source.set_flavour(std::string(FlavourName(status.flavour)));
  source.set_server_version(status.server_version);
  source.set_state(ToMessage(status.state));
  source.set_error(status.error);
  source.set_error_reason(status.error_reason);
  for (const std::string& warning : status.warnings) source.add_warnings(warning);
  source.set_file(status.position.file);
  source.set_position(status.position.offset);
  source.set_gtid_set(status.position.gtids.ToString());
  if (status.commit_time > 0) {
    *source.mutable_commit_time() = TimeUtil::MicrosecondsToTimestamp(status.commit_time);
  }
  if (status.source_time > 0) {
    const Micros lag = std::max<Micros>(reading.now - status.source_time, 0);
    *source.mutable_lag() = TimeUtil::MicrosecondsToDuration(lag);
  }
  source.set_connects(status.connects);
}

void AddLog(const LogReading& reading, v1::LogStatus& log) {
  log.set_oldest_sequence(reading.range.oldest.value);
  log.set_newest_sequence(reading.range.newest.value);
  log.set_disk_bytes(reading.disk_bytes);
  if (reading.oldest_commit_time.has_value()) {
    *log.mutable_oldest_commit_time() =
        TimeUtil::MicrosecondsToTimestamp(*reading.oldest_commit_time);
  }
}

void AddTable(const TableReading& reading, v1::TableStatus& table) {
  table.set_database(reading.name.database);
  table.set_table(reading.name.table);
  table.set_inserts(reading.inserts);
  table.set_updates(reading.updates);
  table.set_deletes(reading.deletes);
  table.set_reads(reading.reads);
}

void AddConnections(const listener::ConnectionsReading& reading, v1::ConnectionStatus& status) {
  status.set_open(reading.open);
  status.set_connections_max(reading.connections_max);
  status.set_accepted(reading.accepted);
  for (size_t i = 0; i < listener::kRefusals; ++i) {
    if (reading.refused[i] == 0) continue;
    v1::ConnectionStatus::Count& count = *status.add_refused();
    count.set_reason(std::string(listener::Name(listener::Refusal(i))));
    count.set_connections(reading.refused[i]);
  }
  for (size_t i = 0; i < listener::kCutReasons; ++i) {
    if (reading.cut[i] == 0) continue;
    v1::ConnectionStatus::Count& count = *status.add_cut();
    count.set_reason(std::string(listener::Name(listener::CutReason(i))));
    count.set_connections(reading.cut[i]);
  }
}

void AddReader(const ReaderReading& reader, v1::SubscriptionStatus& status) {
  status.set_subscription(reader.subscription);
  status.set_peer(reader.peer);
  status.set_client_name(reader.client_name);
  status.set_place(ToMessage(reader.place));
  if (reader.place != ReaderReading::Place::kInLog) return;
  status.set_sequence(reader.sequence.value);
  status.set_lag_changes(reader.lag.changes);
  if (reader.lag.changes > 0 && reader.lag.time.has_value()) {
    *status.mutable_lag() = TimeUtil::MicrosecondsToDuration(*reader.lag.time);
  }
}

void AddCertificate(const api::CertificateReading& reading, Micros now,
                    v1::CertificateStatus& status) {
  status.set_setting(reading.file.setting);
  status.set_path(reading.file.path);
  status.set_subject(reading.expiry.subject);
  *status.mutable_expire_time() = TimeUtil::MicrosecondsToTimestamp(reading.expiry.not_after);
  status.set_warning(api::ExpiryWarning(reading, now));
}

}  // namespace

bool IsOver(const v1::Snapshot& snapshot) {
  return snapshot.state() == v1::Snapshot::STATE_DONE ||
         snapshot.state() == v1::Snapshot::STATE_CANCELED;
}

v1::GetStatusResponse StatusMessage(const StatusReading& reading) {
  v1::GetStatusResponse response;
  AddSource(reading, *response.mutable_source());
  AddLog(reading.log, *response.mutable_log());
  for (const TableReading& table : reading.tables) AddTable(table, *response.add_tables());
  for (const ReaderReading& reader : reading.feed.streams) {
    AddReader(reader, *response.add_subscriptions());
  }
  for (const ReaderReading& reader : reading.feed.subscriptions) {
    AddReader(reader, *response.add_subscriptions());
  }
  AddConnections(reading.connections, *response.mutable_connections());
  for (const v1::Snapshot& snapshot : reading.snapshots) {
    if (!IsOver(snapshot)) *response.add_snapshots() = snapshot;
  }
  if (reading.mirror.has_value()) *response.mutable_mirror() = *reading.mirror;
  for (const api::CertificateReading& certificate : reading.certificates.certificates) {
    AddCertificate(certificate, reading.now, *response.add_certificates());
  }
  response.set_certificates_error(std::string(reading.certificates.error.message()));
  response.set_certificates_error_reason(ErrorReason(reading.certificates.error));
  return response;
}

}  // namespace millrace::admin

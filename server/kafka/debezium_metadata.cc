// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_metadata.h"

#include <utility>

#include "fmt/format.h"
#include "kafka/debezium_json.h"
#include "kafka/debezium_schema.h"

namespace millrace::kafka {
namespace {

std::string SchemaHead(bool with_schemas, std::string_view schema) {
  if (!with_schemas) return "";
  return fmt::format("{{\"schema\":{},\"payload\":", std::string(schema));
}

}  // namespace

DebeziumMetadata::RecordTemplate DebeziumMetadata::MakeTemplate(std::string topic,
                                                                bool with_schemas,
                                                                std::string_view key_schema,
                                                                std::string_view value_schema) {
  return {.topic = std::move(topic),
          .key_head = SchemaHead(with_schemas, key_schema),
          .value_head = SchemaHead(with_schemas, value_schema),
          .tail = with_schemas ? "}" : ""};
}

DebeziumMetadata::DebeziumMetadata(const KafkaOptions& options, std::string_view connector,
                                   const DebeziumEnvelope& envelope)
    : envelope_(envelope), topic_prefix_(options.topic_prefix) {
  const bool schemas = options.debezium.schemas_enable;
  schema_changes_ = MakeTemplate(topic_prefix_, schemas, SchemaChangeKeySchema(connector),
                                 SchemaChangeValueSchema(connector));
  transactions_ = MakeTemplate(fmt::format("{}.transaction", topic_prefix_), schemas,
                               TransactionKeySchema(), TransactionValueSchema());
  heartbeats_ =
      MakeTemplate(fmt::format("{}.{}", options.debezium.topic_heartbeat_prefix, topic_prefix_),
                   schemas, HeartbeatKeySchema(), HeartbeatValueSchema());
}

void DebeziumMetadata::Start(const RecordTemplate& layout) {
  key_ = layout.key_head;
  value_ = layout.value_head;
}

absl::Status DebeziumMetadata::Finish(const RecordTemplate& layout, Micros time, RecordSink& sink) {
  key_.append(layout.tail);
  value_.append(layout.tail);
  RecordView record;
  record.topic = layout.topic;
  record.key = key_;
  record.value = value_;
  record.time = time;
  return sink.Add(record);
}

absl::Status DebeziumMetadata::AddSchemaChange(const ChangeView& change, RecordSink& sink) {
  Start(schema_changes_);
  key_.append("{\"databaseName\":");
  AppendJsonString(key_, change.database);
  key_.push_back('}');
  tables_.clear();
  for (const std::string_view table : change.statement_tables) {
    // Debezium omits the database, also of tables in other databases.
    const std::string_view name = table.substr(table.find('.') + 1);
    if (!tables_.empty()) tables_.push_back(',');
    tables_.append(name);
  }
  const Micros time = change.transaction.commit_time;
  value_.push_back('{');
  envelope_.AppendSource(change, SourceKind::kStream, tables_, value_);
  value_.append(",\"ts_ms\":");
  AppendSigned(value_, time / 1000);
  value_.append(",\"databaseName\":");
  AppendJsonString(value_, change.database);
  value_.append(",\"schemaName\":null,\"ddl\":");
  AppendJsonString(value_, change.statement);
  value_.append(",\"tableChanges\":[]}");
  return Finish(schema_changes_, time, sink);
}

absl::Status DebeziumMetadata::AddBoundary(const ChangeView& change, Boundary boundary,
                                           RecordSink& sink) {
  const TransactionView& transaction = change.transaction;
  Start(transactions_);
  key_.append("{\"id\":");
  AppendTransactionId(transaction, key_);
  key_.push_back('}');
  value_.append(boundary == Boundary::kBegin ? "{\"status\":\"BEGIN\",\"id\":"
                                             : "{\"status\":\"END\",\"id\":");
  AppendTransactionId(transaction, value_);
  value_.append(",\"event_count\":");
  if (boundary == Boundary::kBegin) {
    value_.append("null");
  } else {
    AppendUnsigned(value_, change.sequence.value - transaction.first.value + 1);
  }
  value_.append(",\"data_collections\":null,\"ts_ms\":");
  AppendSigned(value_, transaction.commit_time / 1000);
  value_.push_back('}');
  return Finish(transactions_, transaction.commit_time, sink);
}

absl::Status DebeziumMetadata::AddHeartbeat(Micros now, RecordSink& sink) {
  Start(heartbeats_);
  key_.append("{\"serverName\":");
  AppendJsonString(key_, topic_prefix_);
  key_.push_back('}');
  value_.append("{\"ts_ms\":");
  AppendSigned(value_, now / 1000);
  value_.push_back('}');
  return Finish(heartbeats_, now, sink);
}

}  // namespace millrace::kafka

// SPDX-License-Identifier: Apache-2.0

#include "kafka/protobuf_encoder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fmt/format.h"
#include "kafka/encoding_errors.h"
#include "kafka/row_fields.h"
#include "kafka/table_keys.h"
#include "millrace/v1/change_feed.pb.h"
#include "schema/row_descriptor.h"
#include "schema/version_cache.h"

namespace millrace::kafka {
namespace {

constexpr std::string_view kContentTypeHeader = "content-type";
constexpr std::string_view kChangeContent =
    "application/x-protobuf; messageType=\"millrace.v1.Change\"";
constexpr std::string_view kDescriptorContent =
    "application/x-protobuf; messageType=\"google.protobuf.FileDescriptorSet\"";
constexpr std::string_view kKeyTypeHeader = "millrace.key_type";

struct ProtobufTable {
  schema::TableVersionPtr version;
  std::string topic;
  RowFields fields;
  std::vector<size_t> key;  // indexes of the key's columns, ordered by field number
};

class ProtobufEncoder final : public ChangeEncoder {
 public:
  ProtobufEncoder(const EncoderParts& parts, TableKeys keys)
      : options_(parts.options),
        routes_(parts.routes),
        keys_(std::move(keys)),
        schemas_topic_(fmt::format("{}.schemas", parts.options.topic_prefix)) {}

  absl::Status Encode(const ChangeView& change, RecordSink& sink) override;
  absl::Status Heartbeat(Micros, RecordSink&) override { return absl::OkStatus(); }

 private:
  absl::Status EncodeRow(const ChangeView& change, RecordSink& sink);
  absl::Status EncodeStatement(const ChangeView& change, RecordSink& sink);
  absl::StatusOr<const ProtobufTable*> TableOf(const ChangeView& change, RecordSink& sink);
  absl::Status PublishType(const schema::TableVersion& version, Micros time, RecordSink& sink);
  absl::StatusOr<std::string_view> KeyOf(const ChangeView& change, const ProtobufTable& table,
                                         const RowView& row, const RowView* other,
                                         std::string& scratch);
  absl::Status AppendKeyFields(const ChangeView& change, const ProtobufTable& table,
                               const std::vector<FieldValue>* other, std::string& key) const;
  absl::Status AddChange(const ChangeView& change, std::string_view topic,
                         std::optional<std::string_view> key, std::string_view key_type,
                         RecordSink& sink);
  absl::Status AddTombstone(const ChangeView& change, const ProtobufTable& table,
                            std::string_view key, RecordSink& sink);

  const KafkaOptions& options_;
  const Routes& routes_;
  const TableKeys keys_;
  const std::string schemas_topic_;

  schema::VersionCache<ProtobufTable> tables_;
  std::vector<FieldValue> values_;
  std::vector<FieldValue> other_values_;
  std::string key_;
  std::string old_key_;
  RecordView record_;
};

absl::Status ProtobufEncoder::Encode(const ChangeView& change, RecordSink& sink) {
  switch (change.operation) {
    case v1::OPERATION_INSERT:
    case v1::OPERATION_UPDATE:
    case v1::OPERATION_DELETE:
    case v1::OPERATION_READ:
      return EncodeRow(change, sink);
    case v1::OPERATION_TRUNCATE:
    case v1::OPERATION_SCHEMA_CHANGE:
      return EncodeStatement(change, sink);
    default:
      return UnknownOperation(change);
  }
}

absl::Status ProtobufEncoder::EncodeRow(const ChangeView& change, RecordSink& sink) {
  if (change.version == nullptr) return UnknownDefinition(change);
  MILLRACE_ASSIGN_OR_RETURN(const ProtobufTable* table, TableOf(change, sink));
  const std::string_view key_type = table->version->row_message;
  const bool has_key = !table->key.empty();
  if (change.operation == v1::OPERATION_DELETE) {
    MILLRACE_ASSIGN_OR_RETURN(const std::string_view key,
                              KeyOf(change, *table, change.before, nullptr, key_));
    MILLRACE_RETURN_IF_ERROR(AddChange(change, table->topic, key, key_type, sink));
    return has_key ? AddTombstone(change, *table, key, sink) : absl::OkStatus();
  }
  if (change.operation == v1::OPERATION_UPDATE && has_key) {
    MILLRACE_ASSIGN_OR_RETURN(const std::string_view key,
                              KeyOf(change, *table, change.after, &change.before, key_));
    MILLRACE_ASSIGN_OR_RETURN(const std::string_view old_key,
                              KeyOf(change, *table, change.before, nullptr, old_key_));
    if (key != old_key) {
      MILLRACE_RETURN_IF_ERROR(AddTombstone(change, *table, old_key, sink));
    }
    return AddChange(change, table->topic, key, key_type, sink);
  }
  MILLRACE_ASSIGN_OR_RETURN(const std::string_view key,
                            KeyOf(change, *table, change.after, nullptr, key_));
  return AddChange(change, table->topic, key, key_type, sink);
}

// Statements on a table go to its topic, those on a whole database to the topic named `<prefix>`.
absl::Status ProtobufEncoder::EncodeStatement(const ChangeView& change, RecordSink& sink) {
  if (change.table.empty()) return AddChange(change, options_.topic_prefix, std::nullopt, "", sink);
  MILLRACE_ASSIGN_OR_RETURN(const std::string topic, routes_.TopicOf({std::string(change.database),
                                                                      std::string(change.table)}));
  return AddChange(change, topic, std::nullopt, "", sink);
}

absl::StatusOr<const ProtobufTable*> ProtobufEncoder::TableOf(const ChangeView& change,
                                                              RecordSink& sink) {
  const ProtobufTable* const known = tables_.Find(change.version.get());
  if (known != nullptr) return known;
  const schema::TableVersion& version = *change.version;
  MILLRACE_ASSIGN_OR_RETURN(std::vector<size_t> key, keys_.ColumnsOf(version));
  std::sort(key.begin(), key.end(), [&](size_t left, size_t right) {
    return version.columns[left].field_number < version.columns[right].field_number;
  });
  MILLRACE_ASSIGN_OR_RETURN(std::string topic, routes_.TopicOf(version.name));
  MILLRACE_RETURN_IF_ERROR(PublishType(version, change.transaction.commit_time, sink));
  return tables_.Add(change.version, std::make_unique<const ProtobufTable>(
                                         ProtobufTable{.version = change.version,
                                                       .topic = std::move(topic),
                                                       .fields = RowFields(change.version),
                                                       .key = std::move(key)}));
}

absl::Status ProtobufEncoder::PublishType(const schema::TableVersion& version, Micros time,
                                          RecordSink& sink) {
  const std::string descriptors =
      schema::RowDescriptor::Make(version)->WithImports().SerializeAsString();
  RecordView record;
  record.topic = schemas_topic_;
  record.key = version.row_message;
  record.value = descriptors;
  record.headers.emplace_back(kContentTypeHeader, kDescriptorContent);
  record.time = time;
  return sink.Add(record);
}

// Returns the key of `row`: a view of the row, or of `scratch`. Key columns missing from the image
// are taken from `other` unless it is null.
absl::StatusOr<std::string_view> ProtobufEncoder::KeyOf(const ChangeView& change,
                                                        const ProtobufTable& table,
                                                        const RowView& row, const RowView* other,
                                                        std::string& scratch) {
  if (table.key.empty()) return row.bytes;
  scratch.clear();
  MILLRACE_RETURN_IF_ERROR(table.fields.Read(row, values_));
  if (other != nullptr) MILLRACE_RETURN_IF_ERROR(table.fields.Read(*other, other_values_));
  MILLRACE_RETURN_IF_ERROR(
      AppendKeyFields(change, table, other == nullptr ? nullptr : &other_values_, scratch));
  return scratch;
}

absl::Status ProtobufEncoder::AppendKeyFields(const ChangeView& change, const ProtobufTable& table,
                                              const std::vector<FieldValue>* other,
                                              std::string& key) const {
  for (const size_t column : table.key) {
    const FieldValue* value = &values_[column];
    if (value->state == FieldValue::State::kUnknown && other != nullptr) value = &(*other)[column];
    switch (value->state) {
      case FieldValue::State::kPresent:
        key.append(value->field);
        break;
      case FieldValue::State::kNull:
        break;
      case FieldValue::State::kUnknown:
        return UnknownKeyColumn(*table.version, column, change.sequence);
      case FieldValue::State::kInvalid:
        return InvalidKeyColumn(*table.version, column, change.sequence);
    }
  }
  return absl::OkStatus();
}

absl::Status ProtobufEncoder::AddChange(const ChangeView& change, std::string_view topic,
                                        std::optional<std::string_view> key,
                                        std::string_view key_type, RecordSink& sink) {
  record_.topic = topic;
  record_.key = key;
  record_.value = change.bytes;
  record_.headers.clear();
  record_.headers.emplace_back(kContentTypeHeader, kChangeContent);
  if (!key_type.empty()) record_.headers.emplace_back(kKeyTypeHeader, key_type);
  record_.time = change.transaction.commit_time;
  return sink.Add(record_);
}

absl::Status ProtobufEncoder::AddTombstone(const ChangeView& change, const ProtobufTable& table,
                                           std::string_view key, RecordSink& sink) {
  if (!options_.debezium.tombstones_on_delete) return absl::OkStatus();
  record_.topic = table.topic;
  record_.key = key;
  record_.value.reset();
  record_.headers.clear();
  record_.headers.emplace_back(kKeyTypeHeader, table.version->row_message);
  record_.time = change.transaction.commit_time;
  return sink.Add(record_);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChangeEncoder>> MakeProtobufEncoder(const EncoderParts& parts) {
  MILLRACE_ASSIGN_OR_RETURN(TableKeys keys, TableKeys::Parse(parts.options.keys));
  return std::unique_ptr<ChangeEncoder>(std::make_unique<ProtobufEncoder>(parts, std::move(keys)));
}

}  // namespace millrace::kafka

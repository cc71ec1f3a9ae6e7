// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_encoder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "kafka/debezium_envelope.h"
#include "kafka/debezium_metadata.h"
#include "kafka/debezium_table.h"
#include "kafka/encoding_errors.h"
#include "kafka/table_keys.h"
#include "millrace/v1/change_feed.pb.h"
#include "schema/version_cache.h"

namespace millrace::kafka {
namespace {

// Debezium has one connector for MySQL and one for MariaDB. Their names appear in records.
std::string_view ConnectorOf(Flavour flavour) {
  return flavour == Flavour::kMariadb ? "mariadb" : "mysql";
}

// Debezium's headers for the other key if a change modifies the key of a row.
constexpr std::string_view kNewKeyHeader = "__debezium.newkey";
constexpr std::string_view kOldKeyHeader = "__debezium.oldkey";
constexpr std::string_view kInvalidTextHeader = "millrace.invalid_text";

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// The row images of an envelope; null: no image.
struct RowImages {
  const std::vector<FieldValue>* before = nullptr;
  const std::vector<FieldValue>* after = nullptr;
};

class DebeziumEncoder final : public ChangeEncoder {
 public:
  DebeziumEncoder(const EncoderParts& parts, TableKeys keys);

  absl::Status Encode(const ChangeView& change, RecordSink& sink) override;
  absl::Status Heartbeat(Micros now, RecordSink& sink) override;

 private:
  void SetFlavour(Flavour flavour);
  absl::Status EncodeChange(const ChangeView& change, RecordSink& sink);
  absl::Status EncodeRows(const ChangeView& change, RecordSink& sink);
  absl::Status EncodeUpdate(const ChangeView& change, const DebeziumTable& table, RecordSink& sink);
  absl::Status EncodeDelete(const ChangeView& change, const DebeziumTable& table, RecordSink& sink);
  absl::Status EncodeKeyChange(const ChangeView& change, const DebeziumTable& table,
                               RecordSink& sink);
  absl::Status EncodeTruncate(const ChangeView& change, RecordSink& sink);

  absl::StatusOr<const DebeziumTable*> TableOf(const ChangeView& change);
  absl::StatusOr<const DebeziumTable*> Compile(schema::TableVersionPtr version);
  absl::Status SetKey(const ChangeView& change, const DebeziumTable& table,
                      const std::vector<FieldValue>& values, const std::vector<FieldValue>* other,
                      std::string& key);
  absl::Status Add(const ChangeView& change, const DebeziumTable& table, RowImages images, char op,
                   std::string_view key, RecordSink& sink);
  // Adds the header with the names in invalid_.
  void AddInvalidTextHeader();
  absl::Status AddTombstone(const ChangeView& change, const DebeziumTable& table,
                            std::string_view key, RecordSink& sink);
  void AppendOrigin(const ChangeView& change, const DebeziumTable& table);
  bool InTransaction(const ChangeView& change) const;

  const KafkaOptions& options_;
  const Routes& routes_;
  const TableKeys keys_;
  const schema::Registry& registry_;
  // The source's flavour. In a new log it is set just before the first change.
  Flavour flavour_;
  std::optional<DebeziumEnvelope> envelope_;
  std::optional<DebeziumMetadata> metadata_;  // refers to the envelope
  bool skips_create_ = false;
  bool skips_update_ = false;
  bool skips_delete_ = false;
  bool skips_truncate_ = false;

  schema::VersionCache<DebeziumTable> tables_;
  // Stand-ins for TRUNCATE of tables that have no row in the log.
  std::vector<schema::TableVersionPtr> versions_without_columns_;

  std::vector<FieldValue> before_;
  std::vector<FieldValue> after_;
  std::string key_;
  std::string old_key_;
  std::string value_;
  std::vector<std::string_view> invalid_;
  std::string invalid_names_;
  RecordView record_;
  // Source block and times of the previous record, cached since consecutive changes mostly share
  // transaction, table and kind of row.
  std::string source_;
  std::string times_;
  const DebeziumTable* source_table_ = nullptr;
  Sequence source_first_;
  bool source_is_read_ = false;
};

DebeziumEncoder::DebeziumEncoder(const EncoderParts& parts, TableKeys keys)
    : options_(parts.options),
      routes_(parts.routes),
      keys_(std::move(keys)),
      registry_(parts.registry) {
  SetFlavour(registry_.flavour());
  const std::vector<std::string>& skipped = options_.debezium.skipped_operations;
  skips_create_ = Contains(skipped, "c");
  skips_update_ = Contains(skipped, "u");
  skips_delete_ = Contains(skipped, "d");
  skips_truncate_ = Contains(skipped, "t");
}

// Drops everything that was compiled, since it contains the connector's name.
void DebeziumEncoder::SetFlavour(Flavour flavour) {
  flavour_ = flavour;
  metadata_.reset();
  envelope_.emplace(ConnectorOf(flavour), options_.topic_prefix);
  metadata_.emplace(options_, ConnectorOf(flavour), *envelope_);
  tables_.Clear();
  source_table_ = nullptr;
}

// Whether the change belongs to a transaction in Debezium's sense. A lone DDL statement does not.
bool DebeziumEncoder::InTransaction(const ChangeView& change) const {
  if (!options_.debezium.provide_transaction_metadata) return false;
  if (change.operation == v1::OPERATION_READ) return false;
  const bool is_statement =
      change.operation == v1::OPERATION_TRUNCATE || change.operation == v1::OPERATION_SCHEMA_CHANGE;
  const bool is_alone = change.last_of_transaction && change.sequence == change.transaction.first;
  return !(is_statement && is_alone);
}

absl::Status DebeziumEncoder::Encode(const ChangeView& change, RecordSink& sink) {
  if (const Flavour flavour = registry_.flavour(); flavour != flavour_) SetFlavour(flavour);
  const bool marked = InTransaction(change);
  if (marked && change.sequence == change.transaction.first) {
    MILLRACE_RETURN_IF_ERROR(
        metadata_->AddBoundary(change, DebeziumMetadata::Boundary::kBegin, sink));
  }
  MILLRACE_RETURN_IF_ERROR(EncodeChange(change, sink));
  if (!marked || !change.last_of_transaction) return absl::OkStatus();
  return metadata_->AddBoundary(change, DebeziumMetadata::Boundary::kEnd, sink);
}

absl::Status DebeziumEncoder::Heartbeat(Micros now, RecordSink& sink) {
  return metadata_->AddHeartbeat(now, sink);
}

absl::Status DebeziumEncoder::EncodeChange(const ChangeView& change, RecordSink& sink) {
  switch (change.operation) {
    case v1::OPERATION_INSERT:
      return skips_create_ ? absl::OkStatus() : EncodeRows(change, sink);
    case v1::OPERATION_UPDATE:
      return skips_update_ ? absl::OkStatus() : EncodeRows(change, sink);
    case v1::OPERATION_DELETE:
      return skips_delete_ ? absl::OkStatus() : EncodeRows(change, sink);
    case v1::OPERATION_READ:
      return EncodeRows(change, sink);
    case v1::OPERATION_TRUNCATE:
      return skips_truncate_ ? absl::OkStatus() : EncodeTruncate(change, sink);
    case v1::OPERATION_SCHEMA_CHANGE:
      if (!options_.debezium.include_schema_changes) return absl::OkStatus();
      return metadata_->AddSchemaChange(change, sink);
    default:
      return UnknownOperation(change);
  }
}

absl::Status DebeziumEncoder::EncodeRows(const ChangeView& change, RecordSink& sink) {
  if (change.version == nullptr) return UnknownDefinition(change);
  MILLRACE_ASSIGN_OR_RETURN(const DebeziumTable* table, TableOf(change));
  if (change.operation == v1::OPERATION_UPDATE) return EncodeUpdate(change, *table, sink);
  if (change.operation == v1::OPERATION_DELETE) return EncodeDelete(change, *table, sink);
  MILLRACE_RETURN_IF_ERROR(table->fields().Read(change.after, after_));
  MILLRACE_RETURN_IF_ERROR(SetKey(change, *table, after_, nullptr, key_));
  record_.headers.clear();
  const char op = change.operation == v1::OPERATION_READ ? 'r' : 'c';
  return Add(change, *table, {.after = &after_}, op, key_, sink);
}

absl::Status DebeziumEncoder::EncodeUpdate(const ChangeView& change, const DebeziumTable& table,
                                           RecordSink& sink) {
  MILLRACE_RETURN_IF_ERROR(table.fields().Read(change.before, before_));
  MILLRACE_RETURN_IF_ERROR(table.fields().Read(change.after, after_));
  MILLRACE_RETURN_IF_ERROR(SetKey(change, table, after_, &before_, key_));
  MILLRACE_RETURN_IF_ERROR(SetKey(change, table, before_, nullptr, old_key_));
  if (key_ != old_key_) return EncodeKeyChange(change, table, sink);
  record_.headers.clear();
  return Add(change, table, {.before = &before_, .after = &after_}, 'u', key_, sink);
}

absl::Status DebeziumEncoder::EncodeKeyChange(const ChangeView& change, const DebeziumTable& table,
                                              RecordSink& sink) {
  record_.headers.clear();
  record_.headers.emplace_back(kNewKeyHeader, key_);
  MILLRACE_RETURN_IF_ERROR(Add(change, table, {.before = &before_}, 'd', old_key_, sink));
  record_.headers.clear();
  record_.headers.emplace_back(kNewKeyHeader, key_);
  MILLRACE_RETURN_IF_ERROR(AddTombstone(change, table, old_key_, sink));
  record_.headers.clear();
  record_.headers.emplace_back(kOldKeyHeader, old_key_);
  return Add(change, table, {.after = &after_}, 'c', key_, sink);
}

absl::Status DebeziumEncoder::EncodeDelete(const ChangeView& change, const DebeziumTable& table,
                                           RecordSink& sink) {
  MILLRACE_RETURN_IF_ERROR(table.fields().Read(change.before, before_));
  MILLRACE_RETURN_IF_ERROR(SetKey(change, table, before_, nullptr, key_));
  record_.headers.clear();
  MILLRACE_RETURN_IF_ERROR(Add(change, table, {.before = &before_}, 'd', key_, sink));
  record_.headers.clear();
  return AddTombstone(change, table, key_, sink);
}

absl::Status DebeziumEncoder::EncodeTruncate(const ChangeView& change, RecordSink& sink) {
  MILLRACE_ASSIGN_OR_RETURN(const DebeziumTable* table, TableOf(change));
  record_.headers.clear();
  return Add(change, *table, {}, 't', "", sink);
}

absl::StatusOr<const DebeziumTable*> DebeziumEncoder::TableOf(const ChangeView& change) {
  if (change.version != nullptr) {
    const DebeziumTable* const table = tables_.Find(change.version.get());
    return table != nullptr ? table : Compile(change.version);
  }
  const auto matches = [&](const schema::TableVersionPtr& version) {
    return version->name.database == change.database && version->name.table == change.table;
  };
  const auto known =
      std::find_if(versions_without_columns_.begin(), versions_without_columns_.end(), matches);
  if (known != versions_without_columns_.end()) {
    const DebeziumTable* const table = tables_.Find(known->get());
    return table != nullptr ? table : Compile(*known);
  }
  auto version = std::make_shared<schema::TableVersion>();
  version->name = {std::string(change.database), std::string(change.table)};
  constexpr size_t kVersionsWithoutColumnsMax = 1000;
  if (versions_without_columns_.size() >= kVersionsWithoutColumnsMax)
    versions_without_columns_.clear();
  versions_without_columns_.push_back(version);
  return Compile(std::move(version));
}

absl::StatusOr<const DebeziumTable*> DebeziumEncoder::Compile(schema::TableVersionPtr version) {
  std::vector<size_t> key;
  if (!version->columns.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(key, keys_.ColumnsOf(*version));
  }
  MILLRACE_ASSIGN_OR_RETURN(std::string topic, routes_.TopicOf(version->name));
  auto table = std::make_unique<const DebeziumTable>(
      version, DebeziumTable::Parts{.topic = std::move(topic),
                                    .key = std::move(key),
                                    .connector = ConnectorOf(flavour_),
                                    .options = options_.debezium});
  source_table_ = nullptr;  // Add may evict it from the cache
  return tables_.Add(std::move(version), std::move(table));
}

absl::Status DebeziumEncoder::SetKey(const ChangeView& change, const DebeziumTable& table,
                                     const std::vector<FieldValue>& values,
                                     const std::vector<FieldValue>* other, std::string& key) {
  key.clear();
  if (!table.has_key()) return absl::OkStatus();
  return table.AppendKey(values, other, change.sequence, key);
}

// Appends `,"source":{…}` and sets times_.
void DebeziumEncoder::AppendOrigin(const ChangeView& change, const DebeziumTable& table) {
  const bool is_read = change.operation == v1::OPERATION_READ;
  const bool same = source_table_ == &table && source_first_ == change.transaction.first &&
                    source_is_read_ == is_read;
  if (!same) {
    source_ = ",";
    const SourceKind kind = is_read ? SourceKind::kSnapshot : SourceKind::kStream;
    envelope_->AppendSource(change, kind, change.table, source_);
    times_.clear();
    DebeziumEnvelope::AppendTimes(change.transaction.commit_time, times_);
    source_table_ = &table;
    source_first_ = change.transaction.first;
    source_is_read_ = is_read;
  }
  value_.append(source_);
}

// Adds a record with the headers that the caller has set in record_, and one for invalid text.
absl::Status DebeziumEncoder::Add(const ChangeView& change, const DebeziumTable& table,
                                  RowImages images, char op, std::string_view key,
                                  RecordSink& sink) {
  const Micros time = change.transaction.commit_time;
  invalid_.clear();
  const auto append_image = [&](const std::vector<FieldValue>* values) {
    if (values != nullptr) return table.AppendRow(*values, change.sequence, value_, invalid_);
    value_.append("null");
    return absl::OkStatus();
  };
  value_ = table.value_head();
  value_.append("{\"before\":");
  MILLRACE_RETURN_IF_ERROR(append_image(images.before));
  value_.append(",\"after\":");
  MILLRACE_RETURN_IF_ERROR(append_image(images.after));
  AppendOrigin(change, table);
  value_.push_back(',');
  envelope_->AppendTransaction(change, InTransaction(change), value_);
  value_.append(",\"op\":\"");
  value_.push_back(op);
  value_.append("\",");
  value_.append(times_);
  value_.push_back('}');
  value_.append(table.value_tail());
  if (!invalid_.empty()) [[unlikely]]
    AddInvalidTextHeader();
  record_.topic = table.topic();
  record_.key.reset();
  if (!key.empty()) record_.key = key;
  record_.value = value_;
  record_.time = time;
  return sink.Add(record_);
}

void DebeziumEncoder::AddInvalidTextHeader() {
  std::sort(invalid_.begin(), invalid_.end());
  invalid_.erase(std::unique(invalid_.begin(), invalid_.end()), invalid_.end());
  invalid_names_.clear();
  for (const std::string_view name : invalid_) {
    if (!invalid_names_.empty()) invalid_names_.push_back(',');
    invalid_names_.append(name);
  }
  record_.headers.emplace_back(kInvalidTextHeader, invalid_names_);
}

absl::Status DebeziumEncoder::AddTombstone(const ChangeView& change, const DebeziumTable& table,
                                           std::string_view key, RecordSink& sink) {
  if (!options_.debezium.tombstones_on_delete) return absl::OkStatus();
  record_.topic = table.topic();
  // Debezium writes a tombstone for rows without a key too, although it is useless.
  record_.key.reset();
  if (!key.empty()) record_.key = key;
  record_.value.reset();
  record_.time = change.transaction.commit_time;
  return sink.Add(record_);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChangeEncoder>> MakeDebeziumEncoder(const EncoderParts& parts) {
  MILLRACE_ASSIGN_OR_RETURN(TableKeys keys, TableKeys::Parse(parts.options.keys));
  return std::unique_ptr<ChangeEncoder>(std::make_unique<DebeziumEncoder>(parts, std::move(keys)));
}

}  // namespace millrace::kafka

// SPDX-License-Identifier: Apache-2.0

#include "schema/stored_table.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "fmt/format.h"
#include "log/damage.h"
#include "millrace/storage/v1/table.pb.h"
#include "schema/field_numbers.h"
#include "schema/identifier.h"

namespace millrace::schema {
namespace {

namespace storage = ::millrace::storage::v1;

// First byte of each value. Do not reuse. Records with label_bytes have a format of their own,
// because a server that ignores label_bytes would take U+FFFD for the label.
constexpr char kFormatBasic = 1;
constexpr char kFormatLabelBytes = 2;
constexpr std::string_view kEpochKey = "e";
constexpr char kTableKeyPrefix = 't';
constexpr size_t kTableKeySize = 1 + sizeof(uint32_t);
constexpr char kVersionKeyPrefix = 'v';
constexpr size_t kVersionKeySize = kTableKeySize + sizeof(uint32_t);

void AppendBigEndian(std::string& key, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift));
}

std::string TableKey(uint32_t table_id) {
  std::string key(1, kTableKeyPrefix);
  AppendBigEndian(key, table_id);
  return key;
}

std::string VersionKey(uint32_t table_id, uint32_t version) {
  std::string key(1, kVersionKeyPrefix);
  AppendBigEndian(key, table_id);
  AppendBigEndian(key, version);
  return key;
}

log::Record MakeRecord(std::string key, const google::protobuf::MessageLite& message,
                       char format = kFormatBasic) {
  return {log::RecordKind::kSchema, std::move(key), format + message.SerializeAsString()};
}

char FormatOf(const TableVersion& version) {
  const auto has_bytes = [](const Column& column) { return !column.label_bytes.empty(); };
  const bool needed =
      std::any_of(version.columns.begin(), version.columns.end(), has_bytes) ||
      std::any_of(version.dropped_columns.begin(), version.dropped_columns.end(), has_bytes);
  return needed ? kFormatLabelBytes : kFormatBasic;
}

absl::Status ParseValue(std::string_view key, std::string_view value,
                        google::protobuf::MessageLite& to) {
  MILLRACE_RETURN_IF_ERROR(log::TakeFormat(key, kFormatLabelBytes, value).status());
  if (!to.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return log::RecordDamaged(key, "cannot be parsed");
  }
  return absl::OkStatus();
}

void Store(const Column& from, storage::StoredColumn& to) {
  to.set_column(from.name);
  to.set_field_number(from.field_number);
  to.set_field(from.field_name);
  to.set_type(static_cast<uint32_t>(from.type));
  to.set_metadata(from.metadata);
  to.set_is_unsigned(from.is_unsigned);
  to.set_nullable(from.nullable);
  to.set_collation(from.collation);
  for (const std::string& label : from.labels) to.add_labels(label);
  for (const std::string& label : from.label_bytes) to.add_label_bytes(label);
  to.set_key_ordinal(from.key_ordinal);
  to.set_invisible(from.invisible);
  to.set_mysql_type(from.mysql_type);
  to.set_field_type(static_cast<uint32_t>(from.field_type));
  to.set_meaning(static_cast<uint32_t>(from.meaning));
  to.set_charset(from.charset);
  to.set_excluded(!from.captured);
}

Column Load(const storage::StoredColumn& from) {
  Column to;
  to.name = from.column();
  to.field_number = from.field_number();
  to.field_name = from.field();
  to.type = static_cast<ColumnType>(from.type());
  to.metadata = static_cast<uint16_t>(from.metadata());
  to.is_unsigned = from.is_unsigned();
  to.nullable = from.nullable();
  to.collation = from.collation();
  to.labels.assign(from.labels().begin(), from.labels().end());
  to.label_bytes.assign(from.label_bytes().begin(), from.label_bytes().end());
  to.key_ordinal = from.key_ordinal();
  to.invisible = from.invisible();
  to.mysql_type = from.mysql_type();
  to.field_type = static_cast<FieldType>(from.field_type());
  to.meaning = static_cast<Meaning>(from.meaning());
  to.charset = from.charset();
  to.captured = !from.excluded();
  return to;
}

// Checks the rules that descriptors and row plans rely on.
class Checker {
 public:
  explicit Checker(const storage::StoredTable& table) : table_(table) {}

  // The problem; empty if there is none.
  std::string Check() {
    if (table_.table_id() == 0) return "has no table id";
    if (table_.version() == 0 && table_.columns_size() + table_.dropped_columns_size() != 0) {
      return "has columns but no version";
    }
    if (table_.next_field_number() > kFieldNumberMax + 1) return "has too large a field number";
    if (!IsRowMessage(table_.row_message())) return "has an invalid row message name";
    for (const auto& [column, meaning] : table_.stated_meanings()) CheckMeaning(meaning);
    for (const storage::StoredColumn& column : table_.columns()) CheckColumn(column, false);
    for (const storage::StoredColumn& column : table_.dropped_columns()) CheckColumn(column, true);
    return problem_.empty() ? "" : fmt::format("has a column {}", problem_);
  }

 private:
  static bool IsRowMessage(std::string_view name) {
    for (int i = 0; i < 2; ++i) {
      const size_t dot = name.find('.');
      if (dot == std::string_view::npos || !IsIdentifier(name.substr(0, dot))) return false;
      name.remove_prefix(dot + 1);
    }
    return IsIdentifier(name);
  }

  void CheckMeaning(uint32_t meaning) {
    if (meaning > static_cast<uint32_t>(Meaning::kMariadbHiddenHash)) {
      problem_ = "of unknown meaning";
    }
  }

  void CheckColumn(const storage::StoredColumn& column, bool dropped) {
    if (column.type() > UINT8_MAX) problem_ = "of invalid type";
    if (column.metadata() > UINT16_MAX) problem_ = "of invalid metadata";
    if (column.field_type() < static_cast<uint32_t>(FieldType::kInt32) ||
        column.field_type() > static_cast<uint32_t>(FieldType::kVector)) {
      problem_ = "of unknown field type";
    }
    CheckMeaning(column.meaning());
    if (column.label_bytes_size() != 0 && column.label_bytes_size() != column.labels_size()) {
      problem_ = "whose label and label_bytes counts differ";
    }
    if (!dropped && column.excluded()) {
      if (column.field_number() != 0) problem_ = "that is excluded and has a field";
      return;
    }
    const uint32_t number = column.field_number();
    const bool reserved =
        number >= kFieldNumbersReservedFirst && number <= kFieldNumbersReservedLast;
    if (number == 0 || number >= table_.next_field_number() || reserved ||
        !numbers_.insert(number).second) {
      problem_ = "of invalid field number";
    }
    if (!IsIdentifier(column.field()) || !names_.insert(FieldNameKey(column.field())).second) {
      problem_ = "of invalid field name";
    }
  }

  const storage::StoredTable& table_;
  std::unordered_set<uint32_t> numbers_;
  std::unordered_set<std::string> names_;
  std::string_view problem_;
};

}  // namespace

namespace {

storage::StoredTable ToStored(const TableVersion& version) {
  storage::StoredTable stored;
  stored.set_table_id(version.table_id);
  stored.set_version(version.version);
  stored.set_database(version.name.database);
  stored.set_table(version.name.table);
  for (const Column& column : version.columns) Store(column, *stored.add_columns());
  for (const Column& column : version.dropped_columns) {
    Store(column, *stored.add_dropped_columns());
  }
  stored.set_next_field_number(version.next_field_number);
  stored.set_row_message(version.row_message);
  stored.set_first_sequence(version.first.value);
  return stored;
}

// The key that a record of `table` must have, of the same kind as `key`.
std::string ExpectedKey(std::string_view key, const storage::StoredTable& table) {
  return IsVersionKey(key) ? VersionKey(table.table_id(), table.version())
                           : TableKey(table.table_id());
}

}  // namespace

log::Record TableRecord(const StoredTable& table) {
  storage::StoredTable stored = ToStored(table.version);
  stored.set_proved_epoch(table.proved_epoch);
  stored.set_dropped(table.version.dropped);
  stored.set_is_stated(table.declared_meanings.has_value());
  if (table.declared_meanings.has_value()) {
    for (const auto& [column, meaning] : *table.declared_meanings) {
      (*stored.mutable_stated_meanings())[column] = static_cast<uint32_t>(meaning);
    }
  }
  return MakeRecord(TableKey(table.version.table_id), stored, FormatOf(table.version));
}

log::Record VersionRecord(const TableVersion& version) {
  return MakeRecord(VersionKey(version.table_id, version.version), ToStored(version),
                    FormatOf(version));
}

log::Record EpochRecord(const StoredEpoch& epoch) {
  storage::StoredRegistry stored;
  stored.set_epoch(epoch.epoch);
  stored.set_tells_ambiguous_text(epoch.tells_ambiguous_text);
  return MakeRecord(std::string(kEpochKey), stored);
}

bool IsEpochKey(std::string_view key) { return key == kEpochKey; }

bool IsVersionKey(std::string_view key) {
  return key.size() == kVersionKeySize && key.front() == kVersionKeyPrefix;
}

absl::StatusOr<StoredTable> ParseTableRecord(std::string_view key, std::string_view value) {
  const bool is_table = key.size() == kTableKeySize && key.front() == kTableKeyPrefix;
  if (!is_table && !IsVersionKey(key)) {
    return log::RecordDamaged(key, "has an unknown kind of key");
  }
  storage::StoredTable stored;
  MILLRACE_RETURN_IF_ERROR(ParseValue(key, value, stored));
  if (const std::string problem = Checker(stored).Check(); !problem.empty()) {
    return log::RecordDamaged(key, problem);
  }
  if (ExpectedKey(key, stored) != key)
    return log::RecordDamaged(key, "contains another table or version");
  if (!is_table && stored.version() == 0) return log::RecordDamaged(key, "has no version number");
  StoredTable table;
  TableVersion& version = table.version;
  version.table_id = stored.table_id();
  version.version = stored.version();
  version.first = {stored.first_sequence()};
  version.name = {stored.database(), stored.table()};
  for (const auto& column : stored.columns()) version.columns.push_back(Load(column));
  for (const auto& column : stored.dropped_columns()) {
    version.dropped_columns.push_back(Load(column));
  }
  version.next_field_number = stored.next_field_number();
  version.row_message = stored.row_message();
  version.type_url = "t/" + version.row_message;
  version.dropped = stored.dropped();
  table.proved_epoch = stored.proved_epoch();
  if (stored.is_stated()) {
    table.declared_meanings.emplace();
    for (const auto& [column, meaning] : stored.stated_meanings()) {
      table.declared_meanings->emplace(column, static_cast<Meaning>(meaning));
    }
  }
  return table;
}

absl::StatusOr<StoredEpoch> ParseEpochRecord(std::string_view value) {
  storage::StoredRegistry stored;
  MILLRACE_RETURN_IF_ERROR(ParseValue(kEpochKey, value, stored));
  return StoredEpoch{.epoch = stored.epoch(),
                     .tells_ambiguous_text = stored.tells_ambiguous_text()};
}

}  // namespace millrace::schema

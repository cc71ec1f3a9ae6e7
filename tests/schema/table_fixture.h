// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "binlog/table_map.h"
#include "model/table_details.h"
#include "schema/registry.h"

namespace millrace::schema {

// Columns of a TABLE_MAP under binlog_row_metadata=FULL.
inline binlog::ColumnMap Int(std::string_view name, bool is_unsigned = false) {
  binlog::ColumnMap column;
  column.name = name;
  column.type = ColumnType::kLong;
  column.is_unsigned = is_unsigned;
  column.nullable = true;
  return column;
}
inline binlog::ColumnMap BigInt(std::string_view name, bool is_unsigned = false) {
  binlog::ColumnMap column = Int(name, is_unsigned);
  column.type = ColumnType::kLongLong;
  return column;
}
inline binlog::ColumnMap Of(ColumnType type, std::string_view name, uint16_t metadata = 0,
                            uint32_t collation = 0) {
  binlog::ColumnMap column = Int(name);
  column.type = type;
  column.metadata = metadata;
  column.collation = collation;
  return column;
}
inline binlog::ColumnMap Varchar(std::string_view name, uint16_t bytes = 80,
                                 uint32_t collation = 255) {
  return Of(ColumnType::kVarchar, name, bytes, collation);
}
inline binlog::ColumnMap Enum(std::string_view name, std::vector<std::string_view> labels,
                              uint32_t collation = 255) {
  binlog::ColumnMap column = Of(ColumnType::kEnum, name, 1, collation);
  column.labels = std::move(labels);
  return column;
}

inline binlog::TableMap Map(std::vector<binlog::ColumnMap> columns, std::string_view table = "t",
                            std::string_view database = "s") {
  binlog::TableMap map;
  map.database = database;
  map.table = table;
  map.columns = std::move(columns);
  map.has_signedness = map.has_names = map.has_collations = map.has_labels = true;
  return map;
}

// The same map under binlog_row_metadata=MINIMAL.
inline binlog::TableMap Minimal(binlog::TableMap map) {
  map.has_names = map.has_labels = map.has_primary_key = map.has_visibility = false;
  for (binlog::ColumnMap& column : map.columns) {
    column.name = {};
    column.labels.clear();
    column.key_ordinal = 0;
    if (column.type == ColumnType::kEnum || column.type == ColumnType::kSet) column.collation = 0;
  }
  return map;
}

inline ColumnDetails Detail(std::string name, std::string data_type, std::string column_type,
                            std::string charset = "", uint32_t collation = 0) {
  ColumnDetails column;
  column.name = std::move(name);
  column.data_type = std::move(data_type);
  column.is_unsigned = column_type.find("unsigned") != std::string::npos;
  column.column_type = std::move(column_type);
  column.charset = std::move(charset);
  column.collation = collation;
  return column;
}
inline TableDetails Details(std::vector<ColumnDetails> columns, std::string table = "t") {
  return {{"s", std::move(table)}, std::move(columns)};
}

// A registry, and its log as a map of records.
class RegistryFixture {
 public:
  explicit RegistryFixture(Flavour flavour = Flavour::kMysql) : flavour_(flavour) { Reopen(); }

  Registry& operator*() { return *registry_; }
  Registry* operator->() { return registry_.get(); }

  // Resolves a map; must succeed.
  TableVersionPtr Resolve(const binlog::TableMap& map, const TableDetails* details = nullptr) {
    return registry_->Resolve(map, details).value();
  }
  void Store() {
    const std::vector<log::Record> records = registry_->TakeUnstored();
    for (const log::Record& record : records) disk_[record.key] = record.value.value();
    if (!records.empty()) registry_->MarkStored();
  }
  // Simulates a crash: unstored changes are lost.
  void Reopen() { registry_ = Load().value(); }
  absl::StatusOr<std::unique_ptr<Registry>> Load() {
    return Registry::FromRecords({disk_.begin(), disk_.end()}, flavour_);
  }
  std::map<std::string, std::string>& disk() { return disk_; }

 private:
  Flavour flavour_;
  std::map<std::string, std::string> disk_;
  std::unique_ptr<Registry> registry_;
};

inline const Column& ColumnOf(const TableVersion& table, std::string_view name) {
  for (const Column& column : table.columns) {
    if (column.name == name) return column;
  }
  throw std::out_of_range(std::string(name));
}
inline uint32_t NumberOf(const TableVersion& table, std::string_view name) {
  return ColumnOf(table, name).field_number;
}
// Field names of dropped columns, by number.
inline std::map<uint32_t, std::string> Dropped(const TableVersion& table) {
  std::map<uint32_t, std::string> dropped;
  for (const Column& column : table.dropped_columns) {
    dropped[column.field_number] = column.field_name;
  }
  return dropped;
}

}  // namespace millrace::schema

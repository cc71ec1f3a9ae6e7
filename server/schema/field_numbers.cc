// SPDX-License-Identifier: Apache-2.0

#include "schema/field_numbers.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/check.h"
#include "fmt/format.h"
#include "schema/cpp_names.h"
#include "schema/definition.h"
#include "schema/identifier.h"

namespace millrace::schema {
namespace {

// Assigns the names of a message's fields.
class FieldNames {
 public:
  explicit FieldNames(std::string_view row_message)
      : cpp_names_(row_message.substr(row_message.rfind('.') + 1)) {}

  // `wanted` if it is free, otherwise `wanted` with `number` appended.
  std::string TakeUnique(std::string wanted, uint32_t number) {
    while (!Take(wanted)) wanted += fmt::format("_{}", number);
    return wanted;
  }

 private:
  bool Take(const std::string& name) {
    return !keys_.contains(FieldNameKey(name)) && cpp_names_.Take(name) &&
           keys_.insert(FieldNameKey(name)).second;
  }

  std::unordered_set<std::string> keys_;
  CppFieldNames cpp_names_;
};

uint32_t TakeNumber(TableVersion& table) {
  uint32_t number = table.next_field_number;
  if (number >= kFieldNumbersReservedFirst && number <= kFieldNumbersReservedLast) {
    number = kFieldNumbersReservedLast + 1;
  }
  MILLRACE_CHECK(number <= kFieldNumberMax);
  table.next_field_number = number + 1;
  return number;
}

// All present and earlier fields of a table, newest first for each name.
class PastFields {
 public:
  explicit PastFields(const TableVersion* previous) {
    if (previous == nullptr) return;
    for (const Column& column : previous->columns) {
      if (column.field_number != 0) Add(column, true);
    }
    for (auto it = previous->dropped_columns.rbegin(); it != previous->dropped_columns.rend();
         ++it) {
      Add(*it, false);
    }
  }

  // Continues the field of an earlier column with the same name and a compatible type. False: no
  // such column is left.
  bool Continue(Column& column) {
    for (Past& past : by_name_[ColumnKey(column.name)]) {
      const auto type = ContinuedType(past.column->field_type, column.field_type);
      // A hostile source may name two columns alike.
      if (!type.has_value() || continued_.contains(past.column->field_number)) continue;
      column.field_number = past.column->field_number;
      column.field_type = *type;
      // A change of case changes only the JSON name. A dropped column that returns gets a new field
      // name, because its old one may be taken.
      if (past.live) column.field_name = past.column->field_name;
      MarkContinued(column.field_number);
      return true;
    }
    return false;
  }

  void MarkContinued(uint32_t field_number) { continued_.insert(field_number); }

  // Earlier columns that no column continues, by field number.
  std::vector<Column> Dropped() const {
    std::vector<Column> dropped;
    for (const auto& [name, pasts] : by_name_) {
      for (const Past& past : pasts) {
        if (!continued_.contains(past.column->field_number)) dropped.push_back(*past.column);
      }
    }
    std::sort(dropped.begin(), dropped.end(),
              [](const Column& a, const Column& b) { return a.field_number < b.field_number; });
    return dropped;
  }

 private:
  struct Past {
    const Column* column;
    bool live;
  };
  void Add(const Column& column, bool live) {
    by_name_[ColumnKey(column.name)].push_back({&column, live});
  }

  std::unordered_map<std::string, std::vector<Past>> by_name_;
  std::unordered_set<uint32_t> continued_;
};

// Names go first to columns that have one, then to new columns, then to dropped columns.
void AssignNames(TableVersion& table) {
  FieldNames names(table.row_message);
  for (Column& column : table.columns) {
    if (column.field_name.empty()) continue;
    column.field_name = names.TakeUnique(column.field_name, column.field_number);
  }
  for (Column& column : table.columns) {
    if (column.field_number == 0 || !column.field_name.empty()) continue;
    column.field_name = names.TakeUnique(Identifier(column.name), column.field_number);
  }
  for (Column& column : table.dropped_columns) {
    column.field_name = names.TakeUnique(column.field_name, column.field_number);
  }
}

bool IsPair(FieldType a, FieldType b, FieldType narrow, FieldType wide) {
  return (a == narrow && b == wide) || (a == wide && b == narrow);
}

}  // namespace

std::optional<FieldType> ContinuedType(FieldType old_type, FieldType wanted) {
  if (old_type == wanted) return old_type;
  if (IsPair(old_type, wanted, FieldType::kInt32, FieldType::kInt64)) return FieldType::kInt64;
  if (IsPair(old_type, wanted, FieldType::kUint32, FieldType::kUint64)) return FieldType::kUint64;
  if (IsPair(old_type, wanted, FieldType::kUint32, FieldType::kInt64)) return FieldType::kInt64;
  return std::nullopt;
}

void AssignFields(const TableVersion* previous, TableVersion& next) {
  next.next_field_number = previous == nullptr ? 1 : previous->next_field_number;
  PastFields past(previous);
  for (const Column& column : next.columns) {
    if (column.field_number != 0) past.MarkContinued(column.field_number);
  }
  for (Column& column : next.columns) {
    if (!column.captured || column.field_number != 0) continue;
    if (!past.Continue(column)) column.field_number = TakeNumber(next);
  }
  next.dropped_columns = past.Dropped();
  AssignNames(next);
}

std::optional<TableVersion> WithRenamedColumns(
    const TableVersion& previous, const std::vector<std::pair<std::string, std::string>>& renames) {
  std::unordered_map<std::string, const std::string*> new_names;
  for (const auto& [from, to] : renames) new_names.emplace(ColumnKey(from), &to);
  std::unordered_set<std::string> taken;
  for (const Column& column : previous.columns) {
    const auto found = new_names.find(ColumnKey(column.name));
    if (found != new_names.end()) taken.insert(ColumnKey(*found->second));
  }
  if (taken.empty()) return std::nullopt;

  TableVersion next = previous;
  next.columns.clear();
  for (const Column& column : previous.columns) {
    const auto found = new_names.find(ColumnKey(column.name));
    if (found == new_names.end()) {
      if (!taken.contains(ColumnKey(column.name))) next.columns.push_back(column);
      continue;
    }
    Column renamed = column;
    renamed.name = *found->second;
    if (!SameColumnName(renamed.name, column.name)) renamed.field_name.clear();
    next.columns.push_back(std::move(renamed));
  }
  ++next.version;
  AssignFields(&previous, next);
  if (next.columns == previous.columns) return std::nullopt;
  return next;
}

}  // namespace millrace::schema

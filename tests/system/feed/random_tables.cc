// SPDX-License-Identifier: Apache-2.0

#include "system/feed/random_tables.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "system/snapshot_load.h"

namespace millrace::testing {
namespace {

struct Type {
  const char* definition;
  std::array<const char*, 4> literals;
  bool binary = false;
};

constexpr std::array kTypes = {
    Type{"INT", {"0", "-7", "42", "2147483647"}},
    Type{"BIGINT UNSIGNED", {"0", "1", "9223372036854775808", "18446744073709551615"}},
    Type{"VARCHAR(40) CHARACTER SET utf8mb4", {"''", "'tea'", "'Tea'", "'água 日本'"}},
    Type{"CHAR(10) CHARACTER SET latin1", {"''", "'x'", "'ä'", "'0123456789'"}},
    Type{"DECIMAL(10,2)", {"0", "-1.5", "12345678.91", "0.01"}},
    Type{"DATETIME(3)",
         {"'2001-02-03 04:05:06.789'", "'1000-01-01'", "'9999-12-31 23:59:59.999'",
          "'2026-11-30 12:00'"}},
    Type{"ENUM('a','b','')", {"'a'", "'b'", "''", "'none'"}},
    Type{"VARBINARY(12)", {"''", "X'00'", "X'FF00FE'", "'text'"}, true},
    Type{"DATE", {"'2001-02-03'", "'1000-01-01'", "'9999-12-31'", "'2026-11-30'"}},
    Type{"VARCHAR(9) CHARACTER SET gbk", {"''", "'a'", "'A'", "'日'"}},
};

// Indexes of key column types whose values may be equal although their bytes differ.
constexpr std::array kKeyTypes = {size_t{2}, size_t{0}, size_t{6}, size_t{7}, size_t{4}, size_t{9}};
constexpr std::array kKeys = {"PRIMARY KEY (id)", "PRIMARY KEY (k, id)", "PRIMARY KEY (id, k)",
                              "PRIMARY KEY (k)", "UNIQUE KEY (id)"};
constexpr uint64_t kIds = 40;

}  // namespace

RandomTables::RandomTables(const SourceServer& source, uint64_t seed)
    : flavour_(source.flavour()), sql_(WritingSession(source)), random_(seed) {}

bool RandomTables::Run(const std::string& statement) {
  const absl::Status status = sql_.Execute(statement);
  statements_.push_back(status.ok() ? statement : statement + "  -- refused");
  return status.ok();
}

void RandomTables::Create() {
  // Invalid values become the error value of ENUM.
  sql_.MustExecute("SET sql_mode = ''");
  sql_.MustExecute("DROP DATABASE IF EXISTS shop");
  sql_.MustExecute("CREATE DATABASE shop");
  for (const char* name : {"a", "b", "c"}) CreateTable(name);
  for (int i = 0; i < 10; ++i) ChangeRows();
}

std::vector<std::string> RandomTables::names() const {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) names.push_back(name);
  return names;
}

std::string RandomTables::AnyTable() { return names()[Below(tables_.size())]; }

std::string RandomTables::Key() { return kKeys[Below(kKeys.size())]; }

std::string RandomTables::NewName(const std::string& prefix) {
  // Names are reused: another column may have had them.
  return fmt::format("{}{}", prefix, names_++ % 5);
}

RandomTables::Column RandomTables::NewColumn() {
  return {.name = NewName("v"), .type = Below(kTypes.size())};
}

void RandomTables::CreateTable(const std::string& name) {
  Table table{.columns = {NewColumn(), NewColumn()},
              .key_type = kKeyTypes[Below(kKeyTypes.size())],
              .version = ++versions_};
  std::string columns;
  for (const Column& column : table.columns) {
    columns += fmt::format("{} {}, ", column.name, kTypes[column.type].definition);
  }
  Run(fmt::format("CREATE TABLE shop.{} (id INT NOT NULL, k {} NOT NULL, secret INT, {}{})", name,
                  kTypes[table.key_type].definition, columns, Key()));
  tables_[name] = std::move(table);
}

std::string RandomTables::Insert(const std::string& name, const std::string& verb) {
  const Table& table = tables_.at(name);
  std::string names;
  std::string values;
  for (const Column& column : table.columns) {
    if (Below(4) == 0) continue;
    names += ", " + column.name;
    values += fmt::format(", {}", kTypes[column.type].literals[Below(4)]);
  }
  return fmt::format("{} INTO shop.{} (id, k, secret{}) VALUES ({}, {}, {}{})", verb, name, names,
                     Below(kIds), kTypes[table.key_type].literals[Below(4)], Below(100), values);
}

std::string RandomTables::RowStatement(const std::string& name) {
  const Table& table = tables_.at(name);
  switch (Below(8)) {
    case 0:
      return Insert(name, "REPLACE");
    case 1:
      return fmt::format("DELETE FROM shop.{} WHERE id = {}", name, Below(kIds));
    case 2:
      return fmt::format("UPDATE shop.{} SET k = {} WHERE id = {}", name,
                         kTypes[table.key_type].literals[Below(4)], Below(kIds));
    case 3:
      return fmt::format("UPDATE shop.{} SET id = {} WHERE id = {}", name, Below(kIds),
                         Below(kIds));
    case 4:
      if (table.columns.empty()) break;
      {
        const Column& column = table.columns[Below(table.columns.size())];
        return fmt::format("UPDATE shop.{} SET {} = {} WHERE id < {}", name, column.name,
                           kTypes[column.type].literals[Below(4)], Below(kIds));
      }
    default:
      break;
  }
  return Insert(name, "INSERT");
}

void RandomTables::ChangeRows() {
  Run("BEGIN");
  const uint64_t count = 1 + Below(6);
  for (uint64_t i = 0; i < count; ++i) Run(RowStatement(AnyTable()));
  Run(Below(8) == 0 ? "ROLLBACK" : "COMMIT");
}

std::string RandomTables::AlterClause(Table& table) {
  const uint64_t kind = table.columns.empty() ? 0 : Below(6);
  if (kind == 0) {
    table.columns.push_back(NewColumn());
    const Column& column = table.columns.back();
    return fmt::format("ADD COLUMN {} {} DEFAULT {}{}", column.name, kTypes[column.type].definition,
                       kTypes[column.type].literals[Below(2)], Below(2) == 0 ? " AFTER id" : "");
  }
  const size_t at = Below(table.columns.size());
  Column& column = table.columns[at];
  const std::string before = column.name;
  switch (kind) {
    case 1:
      table.columns.erase(table.columns.begin() + static_cast<int64_t>(at));
      return "DROP COLUMN " + before;
    case 2:
      column.type = Below(kTypes.size());
      return fmt::format("MODIFY {} {}", before, kTypes[column.type].definition);
    case 3:
      column = NewColumn();
      return fmt::format("CHANGE {} {} {}", before, column.name, kTypes[column.type].definition);
    case 4:
      column.name = NewName("v");
      return fmt::format("CHANGE {} {} {}", before, column.name, kTypes[column.type].definition);
    default:
      return fmt::format("DROP PRIMARY KEY, ADD {}", Key());
  }
}

void RandomTables::Alter(const std::string& name) {
  Table changed = tables_.at(name);
  // Set it first, as a refused ALTER may have taken partial effect.
  changed.version = ++versions_;
  const std::string clause = AlterClause(changed);
  if (Run(fmt::format("ALTER TABLE shop.{} {}", name, clause))) {
    tables_[name] = std::move(changed);
  }
}

void RandomTables::ChangeDefinition() {
  const std::string name = AnyTable();
  switch (Below(7)) {
    case 0:
      Run("DROP TABLE shop." + name);
      return CreateTable(name);
    case 1:
      Run("TRUNCATE TABLE shop." + name);
      return;
    case 2: {
      const std::string to = NewName("t");
      if (!Run(fmt::format("RENAME TABLE shop.{} TO shop.{}", name, to))) return;
      tables_[to] = std::move(tables_.at(name));
      tables_.erase(name);
      tables_[to].version = ++versions_;
      return;
    }
    case 3:
      return Swap(name);
    default:
      return Alter(name);
  }
}

// As tools do that redefine a table while others write to it.
void RandomTables::Swap(const std::string& name) {
  Run(fmt::format("CREATE TABLE shop.{0}_new LIKE shop.{0}", name));
  Run(fmt::format("INSERT INTO shop.{0}_new SELECT * FROM shop.{0}", name));
  Run(fmt::format("UPDATE shop.{}_new SET secret = secret + 1", name));
  Run(fmt::format("RENAME TABLE shop.{0} TO shop.{0}_old, shop.{0}_new TO shop.{0}", name));
  Run(fmt::format("DROP TABLE shop.{}_old", name));
  tables_.at(name).version = ++versions_;
}

void RandomTables::ChangeDefinitionUnlogged() {
  const std::string name = AnyTable();
  Run("SET sql_log_bin = 0");
  Alter(name);
  Run("SET sql_log_bin = 1");
  Run(Insert(name, "REPLACE"));
}

std::multiset<PlainRow> RandomTables::Select(const std::string& table,
                                             const std::string& excluded) {
  const SqlRows columns = sql_.MustQuery(
      fmt::format("SELECT column_name, data_type FROM information_schema.columns WHERE "
                  "table_schema = 'shop' AND table_name = '{}' ORDER BY ordinal_position",
                  table));
  std::vector<std::string> names;
  std::string list;
  for (const SqlRow& column : columns) {
    if (*column[0] == excluded) continue;
    names.push_back(*column[0]);
    const bool binary = *column[1] == "varbinary";
    list += list.empty() ? "" : ", ";
    list += binary ? fmt::format("TO_BASE64({})", names.back()) : names.back();
  }
  std::multiset<PlainRow> rows;
  for (const SqlRow& values : sql_.MustQuery(fmt::format("SELECT {} FROM shop.{}", list, table))) {
    PlainRow row;
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i].has_value()) row[names[i]] = *values[i];
    }
    rows.insert(std::move(row));
  }
  return rows;
}

}  // namespace millrace::testing

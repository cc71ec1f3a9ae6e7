// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/source_server.h"
#include "support/sql_session.h"

namespace millrace::testing {

// A row by column name, without NULL columns. Values as SELECT shows them; binary columns in
// base64.
using PlainRow = std::map<std::string, std::string>;

// Tables of database `shop` whose rows, keys and definitions change at random, reproducible by
// seed.
class RandomTables {
 public:
  RandomTables(const SourceServer& source, uint64_t seed);

  // Recreates the database with three tables and some rows.
  void Create();
  // One transaction of a few statements. Statements with a duplicate key fail, which is intended.
  void ChangeRows();
  // Runs ALTER, RENAME, DROP and CREATE, or TRUNCATE.
  void ChangeDefinition();
  // Runs an ALTER that is not in the binlog, then adds a row that reveals it.
  void ChangeDefinitionUnlogged();

  // Names that exist now, without database.
  std::vector<std::string> names() const;
  // Grows with every redefinition of the table, and when another table takes the name.
  int version(const std::string& table) const { return tables_.at(table).version; }
  // All current rows, without the column `excluded`.
  std::multiset<PlainRow> Select(const std::string& table, const std::string& excluded);

  SqlSession& sql() { return sql_; }
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  // The statements run so far, for failure messages.
  const std::vector<std::string>& statements() const { return statements_; }

 private:
  struct Column {
    std::string name;
    size_t type = 0;  // index of the list of types
  };
  struct Table {
    std::vector<Column> columns;  // after `id` and `k`
    size_t key_type = 0;
    int version = 0;
  };

  bool Run(const std::string& statement);
  std::string AnyTable();
  std::string Key();
  std::string NewName(const std::string& prefix);
  Column NewColumn();
  void CreateTable(const std::string& name);
  std::string RowStatement(const std::string& name);
  std::string Insert(const std::string& name, const std::string& verb);
  void Alter(const std::string& name);
  void Swap(const std::string& name);
  std::string AlterClause(Table& table);

  const Flavour flavour_;
  SqlSession sql_;
  std::mt19937_64 random_;
  std::map<std::string, Table> tables_;
  std::vector<std::string> statements_;
  int names_ = 0;
  int versions_ = 0;
};

}  // namespace millrace::testing

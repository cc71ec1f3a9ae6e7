// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// How SELECT shows a column as a ChangeReader shows it.
enum class ShownAs { kText, kBytes, kTimestamp };

struct SnapshotColumn {
  std::string name;
  std::string definition;
  ShownAs shown = ShownAs::kText;
};

// A table of database `shop` whose rows are made from numbers: every number is another key.
struct SnapshotTableSpec {
  std::string name;
  // Those of the key, then the table's own others. Every table also has those of CommonColumns.
  std::vector<SnapshotColumn> columns;
  std::vector<std::string> key;  // column names; empty for a table without a key
  std::string constraint;        // the key in CREATE TABLE, begins with a comma
  // SQL literals of the key's columns for a number. Literals of two variants of one number are
  // equal to the key and may differ in bytes.
  std::function<std::vector<std::string>(uint64_t number, int variant)> literals;

  std::string FullName() const { return "shop." + name; }
  std::string CreateStatement() const;
  // `c1, c2 …` of the key and of CommonColumns, for INSERT.
  std::string InsertColumns() const;
  // `k1 = … AND k2 = …`.
  std::string Where(uint64_t number, int variant = 0) const;
  // `k1 = …, k2 = …`.
  std::string Assignments(uint64_t number, int variant = 0) const;
  // `(key values, common values)` made from `salt`.
  std::string Values(uint64_t number, int variant, uint64_t salt) const;
  // Names of all columns in the order of a SeenRow, which is that of the alphabet.
  std::vector<std::string> SortedColumns() const;
  // What to SELECT so that each row has the texts of a SeenRow in that order.
  std::string SelectStatement() const;
};

// `name = literal, …` for UPDATE of the columns outside of the key, made from `salt`.
std::string CommonAssignments(uint64_t salt);

// Tables of keys of all kinds.
std::vector<SnapshotTableSpec> KeyedTables(Flavour flavour);
SnapshotTableSpec KeylessTable();
// One of KeyedTables.
SnapshotTableSpec KeyedTable(Flavour flavour, const std::string& name);

}  // namespace millrace::testing

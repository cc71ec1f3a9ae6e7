// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// How SELECT must show a column to match the ChangeReader.
enum class ShownAs { kText, kBytes, kTimestamp };

struct SnapshotColumn {
  std::string name;
  std::string definition;
  ShownAs shown = ShownAs::kText;
};

// A table in database `shop` whose rows are generated from numbers: each number has its own key.
struct SnapshotTableSpec {
  std::string name;
  // Key columns, then the other columns of this table. Every table also has CommonColumns.
  std::vector<SnapshotColumn> columns;
  std::vector<std::string> key;  // column names; empty for a table without a key
  std::string constraint;        // the key in CREATE TABLE; starts with a comma
  // SQL literals of the key columns for a number. Two variants of a number are equal keys, but may
  // differ in bytes.
  std::function<std::vector<std::string>(uint64_t number, int variant)> literals;

  std::string FullName() const { return "shop." + name; }
  std::string CreateStatement() const;
  // `c1, c2 …`: key columns and CommonColumns, for INSERT.
  std::string InsertColumns() const;
  // `k1 = … AND k2 = …`.
  std::string Where(uint64_t number, int variant = 0) const;
  // `k1 = …, k2 = …`.
  std::string Assignments(uint64_t number, int variant = 0) const;
  // `(key values, common values)` made from `salt`.
  std::string Values(uint64_t number, int variant, uint64_t salt) const;
  // Names of all columns, in the alphabetical order of a SeenRow.
  std::vector<std::string> SortedColumns() const;
  // A SELECT that returns the texts of a SeenRow in that order.
  std::string SelectStatement() const;
};

// `name = literal, …` for UPDATE of the non-key columns, generated from `salt`.
std::string CommonAssignments(uint64_t salt);

// Tables with keys of all kinds.
std::vector<SnapshotTableSpec> KeyedTables(Flavour flavour);
SnapshotTableSpec KeylessTable();
// One of KeyedTables.
SnapshotTableSpec KeyedTable(Flavour flavour, const std::string& name);

}  // namespace millrace::testing

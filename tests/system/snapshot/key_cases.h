// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "support/source_server.h"
#include "support/sql_session.h"

namespace millrace::testing {

// A key and its values.
struct KeyCase {
  std::string name;     // for failure messages
  std::string columns;  // key columns, as in CREATE TABLE: `k INT NOT NULL`
  std::string key;      // `PRIMARY KEY (k)`
  std::string names;    // key column names, for INSERT: `k`
  // Lists of SQL expressions, one per column. A value that the server considers a duplicate adds no
  // row.
  std::vector<std::string> values;
  std::string options = {};  // after the table's parentheses
};

// Keys of every type of the flavour, and of every shape.
std::vector<KeyCase> TypeKeyCases(Flavour flavour);
// Text keys in every collation of the source. Their values differ in case, accents and blanks, or
// are codes of the same Unicode character.
std::vector<KeyCase> CollationKeyCases(SqlSession& sql);

// `CREATE TABLE <table> (id INT NOT NULL, n INT NOT NULL, <columns>, <key>) <options>`.
std::string CreateStatement(const KeyCase& key, const std::string& table);

}  // namespace millrace::testing

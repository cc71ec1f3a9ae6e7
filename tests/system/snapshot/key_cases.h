// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "support/source_server.h"
#include "support/sql_session.h"

namespace millrace::testing {

// A key and values of it.
struct KeyCase {
  std::string name;     // for people
  std::string columns;  // of the key, as in CREATE TABLE: `k INT NOT NULL`
  std::string key;      // `PRIMARY KEY (k)`
  std::string names;    // of its columns, for INSERT: `k`
  // Lists of SQL expressions, one for each column. What the server takes for a key that is there
  // makes no row.
  std::vector<std::string> values;
  std::string options = {};  // after the table's parentheses
};

// Keys of every type that the flavour has, and of every shape.
std::vector<KeyCase> TypeKeyCases(Flavour flavour);
// Text keys in every collation that the source has: values that differ by case, accents and blanks,
// and codes that are one character in Unicode.
std::vector<KeyCase> CollationKeyCases(SqlSession& sql);

// `CREATE TABLE <table> (id INT NOT NULL, n INT, <the key>)`.
std::string CreateStatement(const KeyCase& key, const std::string& table);

}  // namespace millrace::testing

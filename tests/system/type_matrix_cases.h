// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// How a test selects a value so that it can compare it.
enum class SelectAs {
  kText,       // as the server prints it
  kNumber,     // as a number: ZEROFILL without its zeros, BIT, YEAR
  kBytes,      // HEX
  kFloat,      // by the bits of the IEEE number
  kDouble,     // the same with 64 bits
  kTimestamp,  // in UTC with six digits
  kGeometry,   // SRID, and the HEX of the bytes after it
  kVector,     // HEX, as components
};

// A column, and the values that a test writes to it one after the other.
struct TypeCase {
  std::string column;  // its definition without the name
  SelectAs select_as = SelectAs::kText;
  std::vector<std::string> values;  // as SQL expressions
  // The rest of CREATE TABLE after the columns `id`, `n` and `c`. Begins with a comma.
  std::string more;
  // False: the column is NOT NULL.
  bool nullable = true;
};

// The statements that create a table for the case, with a row for each value, and one for NULL if
// the column is nullable. `id` numbers the rows from 0. `key` is the text after `id`'s type.
std::vector<std::string> RowStatements(const TypeCase& type, const std::string& table,
                                       const std::string& key = "PRIMARY KEY");

// The types of this flavour: every type, with its least and greatest values.
std::vector<TypeCase> TypeCases(Flavour flavour);
// The types that can be captured with binlog_row_metadata = MINIMAL. Excludes functional indexes:
// the event contains their hidden columns, information_schema does not.
std::vector<TypeCase> TypeCasesWithoutMetadata(Flavour flavour);
// CHAR, VARCHAR, TEXT and similar types, ENUM, SET, JSON.
std::vector<TypeCase> TextCases(Flavour flavour);
// All characters of each charset.
std::vector<TypeCase> CharsetCases(const std::vector<std::string>& charsets);
// The charsets of the source, except `binary`.
std::vector<std::string> TextCharsets(SqlSession& sql);

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// How a value is asked for with SELECT so that it can be compared.
enum class SelectAs {
  kText,       // as the server prints it
  kNumber,     // as a number: without the zeros of ZEROFILL, of BIT and YEAR
  kBytes,      // HEX
  kFloat,      // by the bits of the IEEE number
  kDouble,     // likewise
  kTimestamp,  // in UTC with six digits
  kGeometry,   // SRID and the bytes behind it
  kVector,     // HEX, as components
};

// A column and values that it goes through one after the other.
struct TypeCase {
  std::string column;  // its definition without the name
  SelectAs select_as = SelectAs::kText;
  std::vector<std::string> values;  // as SQL expressions
  // More of CREATE TABLE, after the columns `id`, `n` and `c`: begins with a comma.
  std::string more;
  // False: the column takes no NULL.
  bool nullable = true;
};

// Statements that make a table of the case with a row for each of its values, and one for NULL
// where the column takes it. `id` numbers the rows from 0. `key` stands behind `id`'s type.
std::vector<std::string> RowStatements(const TypeCase& type, const std::string& table,
                                       const std::string& key = "PRIMARY KEY");

// Types that the flavour has. Together they have every type, and the ends of its values.
std::vector<TypeCase> TypeCases(Flavour flavour);
// Those that can be captured under binlog_row_metadata = MINIMAL: columns behind a functional index
// are in the event, but not in information_schema.
std::vector<TypeCase> TypeCasesWithoutMetadata(Flavour flavour);
// CHAR, VARCHAR, TEXT and their kin, ENUM, SET, JSON.
std::vector<TypeCase> TextCases(Flavour flavour);
// What text of a charset can be, to the last character.
std::vector<TypeCase> CharsetCases(const std::vector<std::string>& charsets);
// Those that the source has, but `binary`.
std::vector<std::string> TextCharsets(SqlSession& sql);

}  // namespace millrace::testing

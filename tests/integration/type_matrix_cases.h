#pragma once

#include <string>
#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// How a value is asked for with SELECT so that it can be compared.
enum class Shown {
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
  Shown shown = Shown::kText;
  std::vector<std::string> values;  // as SQL expressions
  // More of CREATE TABLE, after the columns `id`, `n` and `c`: begins with a comma.
  std::string more;
  // False: the column takes no NULL.
  bool nullable = true;
};

// Types that the flavour has. Together they have every type, and the ends of its values.
std::vector<TypeCase> TypeCases(Flavour flavour);
// CHAR, VARCHAR, TEXT and their kin, ENUM, SET, JSON.
std::vector<TypeCase> TextCases(Flavour flavour);
// What text of a charset can be, to the last character.
std::vector<TypeCase> CharsetCases(const std::vector<std::string>& charsets);

}  // namespace millrace::testing

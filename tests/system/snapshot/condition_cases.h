// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// The same in a condition of ours and, written by hand, in SQL.
struct ConditionPair {
  std::string ours;
  std::string sql;

  ConditionPair(std::string ours_text, std::string sql_text)
      : ours(std::move(ours_text)), sql(std::move(sql_text)) {}
  // Alike in both.
  ConditionPair(const char* text) : ours(text), sql(text) {}
};

// A column of a type, values that its rows have beside NULL, and what conditions compare it with.
struct ConditionCase {
  std::string column;               // its definition without the name
  std::vector<std::string> values;  // SQL expressions
  std::vector<ConditionPair> literals;
  bool has_order = true;
  std::vector<std::string> patterns;  // of LIKE, as literals
};

// Every type that the flavour has.
std::vector<ConditionCase> ConditionCases(Flavour flavour);

// Conditions on column `c` with every operator that its type has.
std::vector<ConditionPair> ConditionsOn(const ConditionCase& type, const std::string& c);

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/source_server.h"

namespace millrace::testing {

// A condition or operand: in the language of millrace, and in hand-written SQL.
struct ConditionPair {
  std::string ours;
  std::string sql;

  ConditionPair(std::string ours_text, std::string sql_text)
      : ours(std::move(ours_text)), sql(std::move(sql_text)) {}
  // The same text in both.
  ConditionPair(const char* text) : ours(text), sql(text) {}
};

// A column type, the non-NULL values of its rows, and the operands of its conditions.
struct ConditionCase {
  std::string column;               // definition without the name
  std::vector<std::string> values;  // SQL expressions
  std::vector<ConditionPair> literals;
  bool has_order = true;
  std::vector<std::string> patterns;  // operands of LIKE, as literals
};

// All types of the flavour.
std::vector<ConditionCase> ConditionCases(Flavour flavour);

// Conditions on column `c`, with every operator of its type.
std::vector<ConditionPair> ConditionsOn(const ConditionCase& type, const std::string& c);

}  // namespace millrace::testing

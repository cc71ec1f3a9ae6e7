// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace millrace {

struct Function {
  std::string name;  // with its classes: `Log::Open`, or `Fixture.Name` for a test
  size_t first = 0;  // line, from 1
  size_t lines = 0;  // from its first line to its closing brace

  friend bool operator==(const Function&, const Function&) = default;
};

// Returns the functions that `lines` of a formatted source define, including those in classes. A
// lambda belongs to the function around it. Tables of data (after `=`, or in parentheses) are not
// functions.
std::vector<Function> FunctionsIn(const std::vector<std::string>& lines);

}  // namespace millrace

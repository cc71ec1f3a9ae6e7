// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace millrace {

// What a name, in UTF-8, counts as where the server compares names of columns and savepoints: two
// names are one if and only if this is the same for both. That is the collation
// utf8mb3_general_ci, which looks at neither case nor accents. MariaDB 11.5 and later do tell
// accents apart.
std::string NameWeights(std::string_view name);

}  // namespace millrace

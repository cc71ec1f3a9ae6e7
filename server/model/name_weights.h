// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace millrace {

// Folds a name, in UTF-8, as the server does to compare column and savepoint names: two names are
// equal to the server if and only if their weights are equal. The collation is utf8mb3_general_ci,
// which ignores case and accents. Unlike this function, MariaDB 11.5 and later distinguish accents.
std::string NameWeights(std::string_view name);

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

// Splits a name at its dots.
std::vector<std::string> SplitName(std::string_view name);

// The one of `names` that the user most likely meant by `wrong`: the name with the smallest edit
// distance, or a name with the same last part. Empty if none is close.
std::string ClosestName(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace millrace

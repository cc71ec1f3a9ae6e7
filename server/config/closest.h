// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

// The parts of a name between its dots.
std::vector<std::string> SplitName(std::string_view name);

// The one of `names` that somebody who wrote `wrong` most likely meant: nearest by letters to
// change, or ending in the same part. Empty if none is near.
std::string ClosestName(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::transcode {

// A step from an object to a member, or from an array to an element.
struct JsonPathLeg {
  bool is_member = false;
  std::string key;
  uint64_t index = 0;
  bool from_end = false;  // `index` counts back from the last element
};

// Parses a path such as `$.a[1]."b c"` as the server writes it, without wildcards and ranges. False
// for any other text; `legs` is then undefined.
bool ParseJsonPath(std::string_view text, std::vector<JsonPathLeg>& legs);

}  // namespace millrace::transcode

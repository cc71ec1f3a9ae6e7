// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace millrace {

// A banned word or phrase in a text.
struct BannedUse {
  std::string words;
  size_t line = 0;  // of its first word, from 1

  friend bool operator==(const BannedUse&, const BannedUse&) = default;
};

// Finds banned words in a document or a script. Searches all of `lines`.
std::vector<BannedUse> BannedUsesInText(const std::vector<std::string>& lines);

// Finds banned words in a source of C++ or protobuf. Searches only comments and string literals.
std::vector<BannedUse> BannedUsesInSource(const std::vector<std::string>& lines);

}  // namespace millrace

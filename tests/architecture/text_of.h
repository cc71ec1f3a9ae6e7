// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace millrace {

// Returns the text of a file. `path` is relative to the top of the tree.
inline std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(std::filesystem::path(MILLRACE_SOURCE) / path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace millrace

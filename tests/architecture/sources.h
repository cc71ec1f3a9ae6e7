// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace millrace {

struct Source {
  std::filesystem::path path;  // relative to the top of the tree
  std::vector<std::string> lines;

  // The second folder of the path: the room of a file of the server.
  std::string room() const { return std::next(path.begin())->string(); }
};

// Returns all sources and headers below folders of this tree, sorted by path.
inline std::vector<Source> SourcesBelow(const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::vector<Source> sources;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(MILLRACE_SOURCE) / folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      Source source{fs::relative(entry.path(), MILLRACE_SOURCE), {}};
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      sources.push_back(std::move(source));
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

}  // namespace millrace

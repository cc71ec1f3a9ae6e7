// SPDX-License-Identifier: Apache-2.0

#include "config/closest.h"

#include <algorithm>
#include <numeric>

namespace millrace {
namespace {

// A longer text is no typo, and computing its distance would be slow.
constexpr size_t kNameBytesMax = 100;

// The edit distance: characters to insert, delete or replace.
size_t Distance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < to.size(); ++j) {
      const size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> SplitName(std::string_view name) {
  std::vector<std::string> parts(1);
  for (const char character : name) {
    if (character == '.') {
      parts.emplace_back();
    } else {
      parts.back().push_back(character);
    }
  }
  return parts;
}

std::string ClosestName(std::string_view wrong, const std::vector<std::string>& names) {
  if (wrong.size() > kNameBytesMax) return {};
  std::string closest;
  size_t nearest = std::max<size_t>(2, wrong.size() / 4) + 1;
  for (const std::string& name : names) {
    const size_t distance = Distance(wrong, name);
    if (distance >= nearest) continue;
    nearest = distance;
    closest = name;
  }
  if (!closest.empty()) return closest;
  // The key may be in the wrong section.
  const std::string last = SplitName(wrong).back();
  const auto same_end = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return SplitName(name).back() == last;
  });
  return same_end == names.end() ? std::string() : *same_end;
}

}  // namespace millrace

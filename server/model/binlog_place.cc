// SPDX-License-Identifier: Apache-2.0

#include "model/binlog_place.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace millrace {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The parts of a name such as `binlog.000042`.
struct FileName {
  std::string_view base;
  // Without leading zeros, so that a longer number is always greater.
  std::string_view number;
  bool numbered = false;
};

FileName Parse(std::string_view file) {
  const size_t dot = file.rfind('.');
  if (dot == std::string_view::npos) return {file, {}};
  std::string_view number = file.substr(dot + 1);
  if (number.empty() || !std::all_of(number.begin(), number.end(), IsDigit)) return {file, {}};
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return {file.substr(0, dot), number, true};
}

// nullopt if the number needs more than 64 bits.
std::optional<uint64_t> NumberOf(const FileName& name) {
  if (name.number.empty()) return 0;
  uint64_t number = 0;
  const char* const end = name.number.data() + name.number.size();
  const auto [at, error] = std::from_chars(name.number.data(), end, number);
  return error == std::errc() && at == end ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<std::strong_ordering> CompareBinlogFiles(std::string_view one,
                                                       std::string_view other) {
  const FileName first = Parse(one);
  const FileName second = Parse(other);
  if (!first.numbered || !second.numbered || first.base != second.base) return std::nullopt;
  if (first.number.size() != second.number.size()) {
    return first.number.size() <=> second.number.size();
  }
  return first.number <=> second.number;
}

std::optional<bool> IsNextBinlogFile(std::string_view next, std::string_view file) {
  const FileName after = Parse(next);
  const FileName before = Parse(file);
  if (!after.numbered || !before.numbered || after.base != before.base) return std::nullopt;
  const std::optional<uint64_t> number = NumberOf(before);
  const std::optional<uint64_t> next_number = NumberOf(after);
  if (!number.has_value() || !next_number.has_value()) return std::nullopt;
  return *next_number > 0 && *next_number - 1 == *number;
}

std::strong_ordering CompareBinlogPlaces(std::string_view file, uint64_t offset,
                                         const BinlogPlace& other) {
  // After log_bin was renamed, only the text of the names can be compared.
  const std::strong_ordering files =
      CompareBinlogFiles(file, other.file).value_or(file <=> std::string_view(other.file));
  return files == std::strong_ordering::equal ? offset <=> other.offset : files;
}

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

// A byte in the binlog of one server. Means nothing on another.
struct BinlogPlace {
  std::string file;
  uint64_t offset = 0;

  std::string ToString() const { return file + ":" + std::to_string(offset); }
  friend bool operator==(const BinlogPlace&, const BinlogPlace&) = default;
};

// Which of two places of one server comes first. Files are numbered by what follows the last dot,
// whose digits grow from six to seven at a million; names that do not end so compare as text.
std::strong_ordering CompareBinlogPlaces(std::string_view file, uint64_t offset,
                                         const BinlogPlace& other);

// The same for two files. Nothing: their names have different bases (log_bin was renamed), or one
// has no number, so the names alone do not tell.
std::optional<std::strong_ordering> CompareBinlogFiles(std::string_view one,
                                                       std::string_view other);
// Whether the number of `next` is the one after that of `file`. Nothing: as above, or it has more
// than 64 bits.
std::optional<bool> IsNextBinlogFile(std::string_view next, std::string_view file);

}  // namespace millrace

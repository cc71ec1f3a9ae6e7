// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

// A byte offset in the binlog of one server. Meaningless on any other server.
struct BinlogPlace {
  std::string file;
  uint64_t offset = 0;

  std::string ToString() const { return file + ":" + std::to_string(offset); }
  friend bool operator==(const BinlogPlace&, const BinlogPlace&) = default;
};

// Compares two places of one server. The digits after the last dot are the file's number; they grow
// from six to seven digits at a million. Names without such a number compare as text.
std::strong_ordering CompareBinlogPlaces(std::string_view file, uint64_t offset,
                                         const BinlogPlace& other);

// Compares two files. nullopt if their names do not show the order: the bases differ (log_bin was
// renamed), or a name has no number.
std::optional<std::strong_ordering> CompareBinlogFiles(std::string_view one,
                                                       std::string_view other);
// Whether the number of `next` is one higher than that of `file`. nullopt as above, or if a number
// has more than 64 bits.
std::optional<bool> IsNextBinlogFile(std::string_view next, std::string_view file);

}  // namespace millrace

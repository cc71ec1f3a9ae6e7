// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace millrace {

// The largest number of a MySQL GTID: 2^63 - 2 (GNO_END - 1 in the server).
inline constexpr uint64_t kMysqlGtidNumberMax = (uint64_t{1} << 63) - 2;
// The longest tag of a MySQL GTID.
inline constexpr size_t kMysqlTagCharactersMax = 32;

// Reads a GTID text part by part. Each read skips white space after the part. If the text continues
// with something else, the read returns false or nullopt and does not move. Holds a view of the
// text.
class GtidScanner {
 public:
  struct Range {
    uint64_t min;
    uint64_t max;
  };

  explicit GtidScanner(std::string_view text) : text_(text) { SkipSpace(); }

  bool AtEnd() const { return at_ == text_.size(); }
  size_t offset() const { return at_; }
  // Consumes `character` if it is next.
  bool Take(char character);
  // 32 hex digits, with dashes in groups of 8-4-4-4-12 or without dashes, optionally in braces.
  std::optional<std::array<uint8_t, 16>> Uuid();
  // A letter or underscore, then letters, digits and underscores. Returned in lower case.
  std::optional<std::string> Tag();
  // A decimal number within `range`.
  std::optional<uint64_t> Number(Range range);

 private:
  void SkipSpace();

  std::string_view text_;
  size_t at_ = 0;
};

// Makes kInvalidArgument, reason GTID_SET_MALFORMED: `expected` is missing at `offset` of `text`.
absl::Status GtidMalformed(std::string_view text, size_t offset, std::string_view expected);

// Appends the 36 characters of a UUID in lower case.
void AppendUuid(std::string& to, const std::array<uint8_t, 16>& uuid);
void AppendDecimal(std::string& to, uint64_t value);

}  // namespace millrace

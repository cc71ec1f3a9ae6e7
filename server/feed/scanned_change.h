// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xxhash.h"

namespace millrace::feed {

// A row image within a change: views into the frame.
struct RowImage {
  bool present = false;
  std::string_view row;  // bytes of the row message
  // Values of InvalidText entries that belong to it, by field number.
  std::vector<std::pair<uint32_t, std::string_view>> invalid;
  bool partial = false;  // columns are unknown
};

// A change of a row as far as a catch-up wants to know it, taken from its wire form without parsing
// the row. The bytes must outlive it; may be used again.
struct ScannedChange {
  uint8_t operation = 0;
  RowImage before;
  RowImage after;
  // Fields, tags included, from which a READ of `after` is made, in the order of the change.
  std::string_view sequence;
  std::vector<std::string_view> kept;

  // False: the bytes are no Change.
  bool Parse(std::string_view change);
};

// What tells the rows of one log apart. Two rows with one digest would be taken for one; by the
// birthday bound, of a million million rows two meet with a probability below 1 to 10^14, less than
// that of a memory error. Rows are not chosen against the digest by anyone who could not change
// them outright.
struct RowDigest {
  uint64_t high = 0;
  uint64_t low = 0;
  friend bool operator==(const RowDigest&, const RowDigest&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const RowDigest& digest) {
    return H::combine(std::move(hash), digest.low);
  }
};

// Makes digests. Keeps scratch memory; not thread-safe.
class RowDigester {
 public:
  explicit RowDigester(uint64_t log_id) : log_id_(log_id) {}

  // Of the fields `key`, in this order; of all fields if there are none. Text that has no UTF-8
  // form counts by its bytes. Nothing if a key field is in neither form (part of a partial image),
  // or the bytes are no row message.
  std::optional<RowDigest> Of(uint32_t table_id, const std::vector<uint32_t>& key,
                              const RowImage& image);

 private:
  struct Field {
    uint32_t number = 0;
    bool invalid = false;
    std::string_view bytes;
  };
  bool CollectFields(const RowImage& image);
  bool AppendKey(const std::vector<uint32_t>& key);
  void AppendField(const Field& field);

  const uint64_t log_id_;
  std::vector<Field> fields_;
  std::string scratch_;
};

}  // namespace millrace::feed

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transcode/row_key.h"
#include "transcode/row_plan.h"
#include "wire/change.h"
#include "xxhash.h"

namespace millrace::feed {

// A row image within a change. The views point into the frame.
struct RowImage {
  bool is_before = false;
  bool present = false;
  std::string_view row;  // bytes of the row message
  // Bytes of text values that the row message cannot represent.
  std::vector<transcode::InvalidText> texts;
  bool partial = false;  // some columns are unknown

  transcode::EncodedRow encoded() const {
    return {.message = row, .texts = texts, .in_before = is_before};
  }
};

// A row change as a catch-up sees it, with the rows unparsed. The bytes must outlive it. Reusable.
struct ScannedChange {
  wire::ChangeView view;
  RowImage before{.is_before = true};
  RowImage after;

  // False: the bytes are not a Change, and the fields are undefined.
  bool Parse(std::string_view change);
};

// Identifies a row within one log. Two rows with the same digest would be taken for one. By the
// birthday bound, the probability that two of 10^12 rows collide is below 10^-14, less than that of
// a memory error. Crafting a collision takes write access to the rows themselves.
struct RowDigest {
  uint64_t high = 0;
  uint64_t low = 0;
  friend bool operator==(const RowDigest&, const RowDigest&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const RowDigest& digest) {
    return H::combine(std::move(hash), digest.low);
  }
};

// Computes digests. Keeps a buffer; not thread-safe.
class RowDigester {
 public:
  explicit RowDigester(uint64_t log_id) : log_id_(log_id) {}

  // The digest of the row's key. Nothing if the image lacks a key value (it is partial), or the
  // bytes are not a row message.
  std::optional<RowDigest> Of(uint32_t table_id, const transcode::RowKey& key,
                              const RowImage& image);

 private:
  const uint64_t log_id_;
  std::string scratch_;
};

}  // namespace millrace::feed

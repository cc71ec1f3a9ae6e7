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

// A row image within a change: views into the frame.
struct RowImage {
  bool is_before = false;
  bool present = false;
  std::string_view row;  // bytes of the row message
  // What the row message does not tell of values.
  std::vector<transcode::InvalidText> texts;
  bool partial = false;  // columns are unknown

  transcode::EncodedRow encoded() const {
    return {.message = row, .texts = texts, .in_before = is_before};
  }
};

// A change of a row as a catch-up sees it, with the rows unparsed. The bytes must outlive it; may
// be used again.
struct ScannedChange {
  wire::ChangeView view;
  RowImage before{.is_before = true};
  RowImage after;

  // False: the bytes are no Change; then the rest is of no use.
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

  // Of the row's key. Nothing if the image lacks a value of it (part of a partial image), or the
  // bytes are no row message.
  std::optional<RowDigest> Of(uint32_t table_id, const transcode::RowKey& key,
                              const RowImage& image);

 private:
  const uint64_t log_id_;
  std::string scratch_;
};

}  // namespace millrace::feed

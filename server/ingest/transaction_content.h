// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binlog/events.h"
#include "model/flavour.h"

namespace millrace::ingest {

// Digests of the first bytes of a transaction, by which it is known again when it is read once
// more. Row values cannot be read from them.
struct ContentDigest {
  // Persistent, see FORMAT.md: not to be renumbered.
  enum class Kind : uint8_t { kNone = 0, kStatement = 1, kRows = 2 };
  Kind kind = Kind::kNone;
  bool whole = true;       // all of it was digested
  uint32_t bytes = 0;      // that were digested
  uint64_t shape = 0;      // of rows: kind of change, number of columns, which of them are there
  uint64_t ordered = 0;    // of the bytes
  uint64_t unordered = 0;  // of the bytes in any order
  friend bool operator==(const ContentDigest&, const ContentDigest&) = default;
};

// Whether two servers may have logged the same transaction as `one` and `other`. Only rows that
// both logged with the same columns tell.
bool MayBeSameOnAnotherServer(const ContentDigest& one, const ContentDigest& other,
                              Flavour flavour);

// Gathers the first bytes of a transaction: of its rows, or of its statement if it has none. Costs
// a copy of at most kBytesMax bytes for each transaction. Not thread-safe.
class TransactionContent {
 public:
  // Enough that transactions of the same length by chance differ in it.
  static constexpr size_t kBytesMax = 512;

  void Clear();
  void AddRows(const binlog::Rows& rows) {
    if (kind_ == ContentDigest::Kind::kRows && !whole_) [[likely]]
      return;
    AddFirstRows(rows);
  }
  void AddStatement(std::string_view statement);
  // No more of it will be looked at.
  bool overflowed() const { return kind_ == ContentDigest::Kind::kRows && !whole_; }
  ContentDigest Digest() const;

 private:
  void AddFirstRows(const binlog::Rows& rows);
  void Add(std::string_view bytes);

  ContentDigest::Kind kind_ = ContentDigest::Kind::kNone;
  bool whole_ = true;
  uint64_t shape_ = 0;
  size_t size_ = 0;
  std::array<char, kBytesMax> bytes_;
};

}  // namespace millrace::ingest

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binlog/events.h"
#include "model/flavour.h"

namespace millrace::ingest {

// Digests of the first bytes of a transaction, to recognise it when it is read again. They do not
// reveal row values.
struct ContentDigest {
  // Persistent, see FORMAT.md: do not renumber.
  enum class Kind : uint8_t { kNone = 0, kStatement = 1, kRows = 2 };
  Kind kind = Kind::kNone;
  bool whole = true;       // everything was digested
  uint32_t bytes = 0;      // number of bytes digested
  uint64_t shape = 0;      // of rows: kind of change, number of columns, which columns are present
  uint64_t ordered = 0;    // of the bytes
  uint64_t unordered = 0;  // of the bytes in any order
  friend bool operator==(const ContentDigest&, const ContentDigest&) = default;
};

// Whether two servers may have logged the same transaction as `one` and `other`. Only rows that
// both logged with the same columns can show a difference.
bool MayBeSameOnAnotherServer(const ContentDigest& one, const ContentDigest& other,
                              Flavour flavour);

// Collects the first bytes of a transaction: of its rows, or of its statement if it has no rows.
// Copies at most kBytesMax bytes per transaction. Not thread-safe.
class TransactionContent {
 public:
  // Large enough that different transactions of equal length nearly always differ within it.
  static constexpr size_t kBytesMax = 512;

  void Clear();
  void AddRows(const binlog::Rows& rows) {
    if (kind_ == ContentDigest::Kind::kRows && !whole_) [[likely]]
      return;
    AddFirstRows(rows);
  }
  void AddStatement(std::string_view statement);
  // True if nothing more will be added.
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

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "feed/scanned_change.h"
#include "model/sequence.h"
#include "model/token.h"

namespace millrace::feed {

// What a catch-up remembers of the changes it has looked at, newest first, to tell which rows are
// left. Not thread-safe.
class SeenRows {
 public:
  // Rows with a key. The newest change that touches a key decides.
  bool ContainsKey(const RowDigest& key) const { return keys_.contains(key); }
  void AddKey(const RowDigest& key) { keys_.insert(key); }

  // Rows of a table without a key, which may look alike and are counted. A deletion removes one of
  // them that was made before it. What was read stands for all rows of that look at its place, so
  // that changes before it, and what other transactions have read before it, say nothing any more.
  // `transaction` is its first change.
  // True if the row that was made, or read, is still there.
  bool WrittenRowExists(const RowDigest& row) const;
  bool ReadRowExists(const RowDigest& row, Sequence transaction) const;
  void AddWritten(const RowDigest& row);
  void AddRead(const RowDigest& row, Sequence transaction);
  void AddRemoved(const RowDigest& row);

  // Most that it takes for what it holds, while it grows.
  size_t bytes() const;
  // Forgets rows that are not of the part.
  void Keep(const CatchUpPart& part);
  void Clear();

 private:
  struct Count {
    uint64_t removed = 0;  // for which no row was found yet
    uint64_t read_by = 0;  // first change of the transaction that read it; 0: none
  };
  absl::flat_hash_set<RowDigest> keys_;
  absl::flat_hash_map<RowDigest, Count> counts_;
};

// Whether a row belongs to a part of the rows.
inline bool BelongsToPart(const RowDigest& row, const CatchUpPart& part) {
  const uint64_t mask = (uint64_t{1} << part.depth) - 1;
  return (row.high & mask) == part.prefix;
}

}  // namespace millrace::feed

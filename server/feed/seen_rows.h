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

// Remembers the changes that a catch-up has scanned, newest first, to decide which rows still
// exist. Not thread-safe.
class SeenRows {
 public:
  // Rows with a key. The newest change of a key decides.
  bool ContainsKey(const RowDigest& key) const { return keys_.contains(key); }
  void AddKey(const RowDigest& key) { keys_.insert(key); }

  // Rows of a table without a key. Equal rows are counted. A deletion cancels one equal row written
  // before it. A snapshot puts all READs of the table into one transaction. So a READ replaces
  // older changes of the row, and its READs in older transactions. `transaction` is the first
  // change of the READ's transaction.
  // True if the row that was written, or read, still exists.
  bool WrittenRowExists(const RowDigest& row) const;
  bool ReadRowExists(const RowDigest& row, Sequence transaction) const;
  void AddWritten(const RowDigest& row);
  void AddRead(const RowDigest& row, Sequence transaction);
  void AddRemoved(const RowDigest& row);

  // Upper bound of the memory used, including while the tables grow.
  size_t bytes() const;
  // Drops rows outside the part.
  void Keep(const CatchUpPart& part);
  void Clear();

 private:
  struct Count {
    uint64_t removed = 0;  // deletions not yet matched to an earlier row
    uint64_t read_by = 0;  // first change of the transaction that read the row; 0: none
  };
  absl::flat_hash_set<RowDigest> keys_;
  absl::flat_hash_map<RowDigest, Count> counts_;
};

// Whether the row belongs to the part.
inline bool BelongsToPart(const RowDigest& row, const CatchUpPart& part) {
  const uint64_t mask = (uint64_t{1} << part.depth) - 1;
  return (row.high & mask) == part.prefix;
}

}  // namespace millrace::feed

// SPDX-License-Identifier: Apache-2.0

#include "feed/seen_rows.h"

namespace millrace::feed {

size_t SeenRows::bytes() const {
  // After it grows, an absl table is at least 7/16 full. While it grows, the old table of half the
  // size exists beside it. A slot takes one byte more than its value.
  const auto bytes_of_one = [](size_t value_bytes) { return (value_bytes + 1) * 24 / 7; };
  return keys_.size() * bytes_of_one(sizeof(RowDigest)) +
         counts_.size() * bytes_of_one(sizeof(RowDigest) + sizeof(Count));
}

bool SeenRows::WrittenRowExists(const RowDigest& row) const {
  const auto count = counts_.find(row);
  return count == counts_.end() || (count->second.read_by == 0 && count->second.removed == 0);
}

bool SeenRows::ReadRowExists(const RowDigest& row, Sequence transaction) const {
  const auto count = counts_.find(row);
  if (count == counts_.end()) return true;
  const bool superseded = count->second.read_by != 0 && count->second.read_by != transaction.value;
  return !superseded && count->second.removed == 0;
}

void SeenRows::AddWritten(const RowDigest& row) {
  const auto count = counts_.find(row);
  if (count == counts_.end() || count->second.read_by != 0) return;
  // One deletion removes one row, so this deletion does not remove equal rows written earlier.
  if (--count->second.removed == 0) counts_.erase(count);
}

void SeenRows::AddRead(const RowDigest& row, Sequence transaction) {
  Count& count = counts_[row];
  if (count.read_by != 0 && count.read_by != transaction.value) return;
  count.read_by = transaction.value;
  if (count.removed > 0) --count.removed;
}

void SeenRows::AddRemoved(const RowDigest& row) {
  Count& count = counts_[row];
  if (count.read_by == 0) ++count.removed;
}

void SeenRows::Keep(const CatchUpPart& part) {
  absl::erase_if(keys_, [&](const RowDigest& key) { return !BelongsToPart(key, part); });
  absl::erase_if(counts_, [&](const auto& entry) { return !BelongsToPart(entry.first, part); });
}

void SeenRows::Clear() {
  keys_.clear();
  counts_.clear();
}

}  // namespace millrace::feed

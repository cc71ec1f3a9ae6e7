// SPDX-License-Identifier: Apache-2.0

#include "ingest/transaction_content.h"

#include <xxhash.h>

#include <algorithm>

namespace millrace::ingest {
namespace {

using Kind = ContentDigest::Kind;

// The shape of the first row event. Omits the table number, which differs between servers.
uint64_t ShapeOf(const binlog::Rows& rows) {
  const uint64_t seed = uint64_t{rows.column_count} << 8 | static_cast<uint8_t>(rows.kind);
  const uint64_t present = XXH3_64bits_withSeed(rows.present.data(), rows.present.size(), seed);
  return XXH3_64bits_withSeed(rows.present_after.data(), rows.present_after.size(), present);
}

// Counts how often each byte value occurs, which is the same in any order.
uint64_t UnorderedDigest(std::string_view bytes) {
  std::array<uint32_t, 256> counts{};
  for (const char byte : bytes) ++counts[static_cast<uint8_t>(byte)];
  return XXH3_64bits(counts.data(), sizeof counts);
}

}  // namespace

bool MayBeSameOnAnotherServer(const ContentDigest& one, const ContentDigest& other,
                              Flavour flavour) {
  // A replica may log the rows of a statement, or no rows of tables that it filters; it may spell a
  // statement differently, and log fewer or more columns of a row.
  const bool comparable = one.kind == Kind::kRows && other.kind == Kind::kRows;
  if (!comparable || one.shape != other.shape) return true;
  if (one.whole != other.whole || one.bytes != other.bytes) return false;
  if (one.ordered == other.ordered) return true;
  // A MySQL replica may change the rows of one event in another order (hash scans).
  if (flavour == Flavour::kMariadb) return false;
  return !one.whole || one.unordered == other.unordered;
}

void TransactionContent::Clear() {
  kind_ = Kind::kNone;
  whole_ = true;
  shape_ = 0;
  size_ = 0;
}

void TransactionContent::AddFirstRows(const binlog::Rows& rows) {
  if (kind_ != Kind::kRows) {
    Clear();
    kind_ = Kind::kRows;
    shape_ = ShapeOf(rows);
  }
  Add(rows.rows);
}

void TransactionContent::AddStatement(std::string_view statement) {
  if (kind_ == Kind::kRows) return;
  kind_ = Kind::kStatement;
  Add(statement);
}

void TransactionContent::Add(std::string_view bytes) {
  const size_t room = bytes_.size() - size_;
  whole_ = whole_ && bytes.size() <= room;
  size_ += bytes.copy(bytes_.data() + size_, room);
}

ContentDigest TransactionContent::Digest() const {
  const std::string_view bytes(bytes_.data(), size_);
  return {.kind = kind_,
          .whole = whole_,
          .bytes = static_cast<uint32_t>(size_),
          .shape = shape_,
          .ordered = XXH3_64bits(bytes.data(), bytes.size()),
          .unordered = UnorderedDigest(bytes)};
}

}  // namespace millrace::ingest

// SPDX-License-Identifier: Apache-2.0

#include "transcode/row_key.h"

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "base/error.h"
#include "fmt/format.h"
#include "schema/definition.h"
#include "transcode/wire_buffer.h"

namespace millrace::transcode {
namespace {

constexpr unsigned kWireTypeBits = 3;
// One bit each. Indexes have at most 16 columns in MySQL, 32 in MariaDB.
constexpr size_t kKeyColumnsMax = 64;

// Passes over the value of a field. Groups are in no row message.
bool SkipValue(uint64_t tag, ByteReader& reader) {
  switch (tag & ((1u << kWireTypeBits) - 1)) {
    case WireBuffer::kVarint:
      reader.Varint();
      break;
    case WireBuffer::kFixed64:
      reader.Skip(8);
      break;
    case WireBuffer::kBytes:
      reader.Sized();
      break;
    case WireBuffer::kFixed32:
      reader.Skip(4);
      break;
    default:
      reader.Fail();
  }
  return reader.ok();
}

const schema::Column* FindCaptured(const schema::TableVersion& table, std::string_view name) {
  for (const schema::Column& column : table.columns) {
    if (column.captured && schema::SameColumnName(column.name, name)) return &column;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<RowKey> RowKey::Make(const schema::TableVersion& table,
                                    const std::vector<std::string>& columns) {
  RowKey key;
  for (const std::string& name : columns) {
    const schema::Column* column = FindCaptured(table, name);
    if (column == nullptr) {
      return MakeError(absl::StatusCode::kNotFound, "COLUMN_UNKNOWN",
                       fmt::format("table {} has no captured column `{}`, which is in its key",
                                   table.name.ToString(), name),
                       {{"table", table.name.ToString()}, {"column", name}});
    }
    key.fields_.push_back(column->field_number);
  }
  std::sort(key.fields_.begin(), key.fields_.end());
  key.fields_.erase(std::unique(key.fields_.begin(), key.fields_.end()), key.fields_.end());
  if (key.fields_.size() > kKeyColumnsMax) {
    return MakeError(absl::StatusCode::kUnimplemented, "COLUMN_TYPE_UNKNOWN",
                     fmt::format("the key of table {} has {} columns, more than {}",
                                 table.name.ToString(), key.fields_.size(), kKeyColumnsMax),
                     {{"table", table.name.ToString()}});
  }
  return key;
}

bool RowKey::Append(std::string_view row, std::string& key) const {
  const size_t key_size = key.size();
  ByteReader reader(row);
  uint64_t found = 0;
  bool repeated = false;
  while (!reader.empty()) {
    const size_t begin = reader.offset();
    const uint64_t tag = reader.Varint();
    if (!reader.ok() || !SkipValue(tag, reader)) break;
    const auto field = std::lower_bound(fields_.begin(), fields_.end(), tag >> kWireTypeBits);
    if (field == fields_.end() || *field != tag >> kWireTypeBits) continue;
    const uint64_t bit = uint64_t{1} << (field - fields_.begin());
    repeated = repeated || (found & bit) != 0;
    found |= bit;
    key.append(row.substr(begin, reader.offset() - begin));
  }
  const auto count = static_cast<size_t>(std::popcount(found));
  if (reader.ok() && reader.empty() && !repeated && count == fields_.size()) return true;
  key.resize(key_size);
  return false;
}

bool RowKey::AnyIn(std::string_view row) const {
  ByteReader reader(row);
  while (!reader.empty()) {
    const uint64_t tag = reader.Varint();
    if (!reader.ok() || !SkipValue(tag, reader)) return true;
    if (std::binary_search(fields_.begin(), fields_.end(), tag >> kWireTypeBits)) return true;
  }
  return false;
}

}  // namespace millrace::transcode

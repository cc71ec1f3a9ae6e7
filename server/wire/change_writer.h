// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/sequence.h"
#include "model/table_name.h"
#include "wire/buffer.h"
#include "wire/change.h"
#include "wire/layout.h"

// Writing of changes, field by field, in the order of the functions here. Inline, because ingestion
// runs through them for every row.
namespace millrace::wire {

// Starts an element of Transaction.changes; returns what EndChange needs.
inline size_t BeginChange(Buffer& to, Sequence sequence) {
  const size_t begin = to.BeginNested(layout::Transaction::kChanges);
  to.PutVarintField(layout::Change::kSequence, sequence.value);
  return begin;
}
inline void EndChange(Buffer& to, size_t begin) { to.EndNested(begin); }

// Operation and table. A name that is empty is left out. All changes of an event have the same, so
// they are encoded once and appended.
inline void PutNames(Buffer& to, uint8_t operation, const TableName& table) {
  to.PutVarintField(layout::Change::kOperation, operation);
  if (!table.database.empty()) to.PutBytesField(layout::Change::kDatabase, table.database);
  if (!table.table.empty()) to.PutBytesField(layout::Change::kTable, table.table);
}

// Which row image; the number is its field's.
enum class Image : uint32_t {
  kBefore = layout::Change::kBefore,
  kAfter = layout::Change::kAfter,
};

// What an image begins with, also encoded once.
inline void PutTypeUrl(Buffer& to, std::string_view type_url) {
  to.PutBytesField(layout::Any::kTypeUrl, type_url);
}

// An image whose row message is still to be appended.
struct OpenImage {
  size_t any = 0;
  size_t row = 0;
};
// `type_url` is what PutTypeUrl wrote.
inline OpenImage BeginImage(Buffer& to, Image image, std::string_view type_url) {
  const size_t any = to.BeginNested(static_cast<uint32_t>(image));
  to.Append(type_url);
  return {.any = any, .row = to.BeginNested(layout::Any::kValue)};
}
// Returns the size of the row message, which ends where `to` does.
inline size_t EndImage(Buffer& to, const OpenImage& open) {
  const size_t row_bytes = to.size() - open.row;
  to.EndNested(open.row);
  to.EndNested(open.any);
  return row_bytes;
}
// An image whose row message is there.
inline void PutImage(Buffer& to, Image image, std::string_view type_url, std::string_view row) {
  const size_t any = to.BeginNested(static_cast<uint32_t>(image));
  to.Append(type_url);
  to.PutBytesField(layout::Any::kValue, row);
  to.EndNested(any);
}

// Of TRUNCATE and SCHEMA_CHANGE. What is empty is left out.
struct SchemaChange {
  std::string_view statement;
  std::string_view default_database;
  std::span<const TableName> tables;
};
void PutSchemaChange(Buffer& to, const SchemaChange& change);

// Numbers of the fields that the image lacks, if any.
inline void PutUnknownFields(Buffer& to, Image image, const std::vector<uint32_t>& numbers) {
  if (numbers.empty()) return;
  const bool before = image == Image::kBefore;
  const size_t packed = to.BeginNested(before ? layout::Change::kBeforeUnknownFields
                                              : layout::Change::kAfterUnknownFields);
  for (const uint32_t number : numbers) to.PutVarint(number);
  to.EndNested(packed);
}

void PutText(Buffer& to, const TextView& text);

}  // namespace millrace::wire

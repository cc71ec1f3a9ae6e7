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

// Writes changes field by field. Call the functions in the order in which they are declared. They
// are inline because ingestion calls them for every row.
namespace millrace::wire {

// Starts an element of Transaction.changes. Pass the result to EndChange.
inline size_t BeginChange(Buffer& to, Sequence sequence) {
  const size_t begin = to.BeginNested(layout::Transaction::kChanges);
  to.PutVarintField(layout::Change::kSequence, sequence.value);
  return begin;
}
inline void EndChange(Buffer& to, size_t begin) { to.EndNested(begin); }

// Writes operation and table; omits an empty name. They are the same for all changes of an event,
// so the caller encodes them once and appends the bytes.
inline void PutNames(Buffer& to, uint8_t operation, const TableName& table) {
  to.PutVarintField(layout::Change::kOperation, operation);
  if (!table.database.empty()) to.PutBytesField(layout::Change::kDatabase, table.database);
  if (!table.table.empty()) to.PutBytesField(layout::Change::kTable, table.table);
}

// A row image. The value is its field number.
enum class Image : uint32_t {
  kBefore = layout::Change::kBefore,
  kAfter = layout::Change::kAfter,
};

// Writes the type URL, the first field of an image. The caller encodes it once, like PutNames.
inline void PutTypeUrl(Buffer& to, std::string_view type_url) {
  to.PutBytesField(layout::Any::kTypeUrl, type_url);
}

// An image that has been started and needs its row message.
struct OpenImage {
  size_t any = 0;
  size_t row = 0;
};
// `type_url`: the bytes that PutTypeUrl wrote.
inline OpenImage BeginImage(Buffer& to, Image image, std::string_view type_url) {
  const size_t any = to.BeginNested(static_cast<uint32_t>(image));
  to.Append(type_url);
  return {.any = any, .row = to.BeginNested(layout::Any::kValue)};
}
// Returns the size of the row message, which ends at the end of `to`.
inline size_t EndImage(Buffer& to, const OpenImage& open) {
  const size_t row_bytes = to.size() - open.row;
  to.EndNested(open.row);
  to.EndNested(open.any);
  return row_bytes;
}
// Writes an image from a complete row message.
inline void PutImage(Buffer& to, Image image, std::string_view type_url, std::string_view row) {
  const size_t any = to.BeginNested(static_cast<uint32_t>(image));
  to.Append(type_url);
  to.PutBytesField(layout::Any::kValue, row);
  to.EndNested(any);
}

// The schema change of a TRUNCATE or SCHEMA_CHANGE. Empty fields are omitted.
struct SchemaChange {
  std::string_view statement;
  std::string_view default_database;
  std::span<const TableName> tables;
};
void PutSchemaChange(Buffer& to, const SchemaChange& change);

// Writes the numbers of the fields that the image lacks; nothing if it lacks none.
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

// SPDX-License-Identifier: Apache-2.0

#include "wire/change_writer.h"

namespace millrace::wire {

void PutSchemaChange(Buffer& to, const SchemaChange& change) {
  using Layout = layout::SchemaChange;
  const size_t begin = to.BeginNested(layout::Change::kSchemaChange);
  if (!change.statement.empty()) to.PutBytesField(Layout::kStatement, change.statement);
  if (!change.default_database.empty()) {
    to.PutBytesField(Layout::kDefaultDatabase, change.default_database);
  }
  for (const TableName& table : change.tables) {
    to.PutBytesField(Layout::kTables, table.ToString());
  }
  to.EndNested(begin);
}

void PutText(Buffer& to, const TextView& text) {
  using Invalid = layout::InvalidText;
  using Ambiguous = layout::AmbiguousText;
  const size_t begin = to.BeginNested(text.ambiguous ? layout::Change::kAmbiguousText
                                                     : layout::Change::kInvalidText);
  to.PutVarintField(Invalid::kFieldNumber, text.field_number);
  if (text.in_before) to.PutVarintField(Invalid::kInBefore, 1);
  if (!text.ambiguous) to.PutBytesField(Invalid::kCharset, text.charset);
  to.PutBytesField(text.ambiguous ? Ambiguous::kValue : Invalid::kValue, text.value);
  to.EndNested(begin);
}

}  // namespace millrace::wire

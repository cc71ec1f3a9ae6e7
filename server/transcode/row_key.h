// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/table_version.h"
#include "transcode/row_plan.h"

namespace millrace::transcode {

// A row as its change has it.
struct EncodedRow {
  std::string_view message;
  // Of the row, and perhaps of the change's other image: those with another `in_before` are passed
  // over.
  std::span<const InvalidText> texts;
  bool in_before = false;
};

// What tells a row from all others, taken out of its encoded form without parsing the rest: the
// values of the key columns, or of all columns, as the source stores them. A value without a text
// counts by its bytes, one whose text others have too by text and bytes. Whether it comes from the
// binlog or from a query, from the row before a change or after it, one version of a row has one
// key; rows that the source tells apart have different keys. What only a collation calls equal, it
// does not tell apart, and has different keys here: so a row that changes the case of its key
// counts as two, of which the change names both. Immutable, thread-safe.
class RowKey {
 public:
  // `columns` in key order. kNotFound COLUMN_UNKNOWN: the version has no such captured column.
  static absl::StatusOr<RowKey> Make(const schema::TableVersion& table,
                                     const std::vector<std::string>& columns);
  // The same of numbers of fields. None: all columns are the key, NULLs too.
  explicit RowKey(std::vector<uint32_t> fields) : fields_(std::move(fields)) {}

  bool is_whole_row() const { return fields_.empty(); }

  // Appends the key of the row to `key`. False, and `key` as before, if a value of it is absent, or
  // the bytes are no protobuf message.
  bool Append(const EncodedRow& row, std::string& key) const;

  // True if any value of the key is in the row, or the bytes are no protobuf message.
  bool AnyIn(const EncodedRow& row) const;

 private:
  std::vector<uint32_t> fields_;  // numbers, in key order
};

}  // namespace millrace::transcode

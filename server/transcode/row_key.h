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

// A row as encoded in a change.
struct EncodedRow {
  std::string_view message;
  // Texts of the row, and perhaps of the change's other image: those with another `in_before` are
  // ignored.
  std::span<const InvalidText> texts;
  bool in_before = false;
};

// Extracts the key of an encoded row, without parsing the rest. The key identifies the row: it has
// the values of the key columns, or of all columns, as the source stores them. Text that is invalid
// in its charset counts by its bytes, ambiguous text by text and bytes.
//
// The same row has the same key in the binlog and in a query, as a before image and as an after
// image. Different rows of the source have different keys. Values that are equal only by collation
// also have different keys: an UPDATE that changes the case of its key concerns two keys.
// Immutable, thread-safe.
class RowKey {
 public:
  // `columns` are in key order. kNotFound COLUMN_UNKNOWN: the version has no such captured column.
  static absl::StatusOr<RowKey> Make(const schema::TableVersion& table,
                                     const std::vector<std::string>& columns);
  // A key of these field numbers. If empty, all columns are the key, including NULLs.
  explicit RowKey(std::vector<uint32_t> fields) : fields_(std::move(fields)) {}

  bool is_whole_row() const { return fields_.empty(); }

  // Appends the key of the row to `key`. False, with `key` unchanged, if a value of the key is
  // absent or the bytes are not a protobuf message.
  bool Append(const EncodedRow& row, std::string& key) const;

  // True if the row has any value of the key, or if the bytes are not a protobuf message.
  bool AnyIn(const EncodedRow& row) const;

 private:
  std::vector<uint32_t> fields_;  // field numbers in key order
};

}  // namespace millrace::transcode

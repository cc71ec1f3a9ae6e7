// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/table_version.h"

namespace millrace::transcode {

// Takes the key of a row out of its encoded row message, without parsing the rest of it: the
// fields of the key columns as they stand there, in the row's order, tags included. Since equal
// values have equal bytes, whether they come from the binlog or from a query, equal keys have equal
// bytes; two keys that only their collation calls equal have not. Immutable, thread-safe.
class RowKey {
 public:
  // `columns` in key order. kNotFound COLUMN_UNKNOWN: the version has no such captured column.
  static absl::StatusOr<RowKey> Make(const schema::TableVersion& table,
                                     const std::vector<std::string>& columns);

  // Appends the key of the row with these bytes to `key`. False, and `key` as before, if a field of
  // it is absent, or the bytes are no protobuf message.
  bool Append(std::string_view row, std::string& key) const;

  // True if any field of the key is in the row, or the bytes are no protobuf message.
  bool AnyIn(std::string_view row) const;

 private:
  std::vector<uint32_t> fields_;  // field numbers, ascending
};

}  // namespace millrace::transcode

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "kafka/change_view.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// A column's value in a row image.
struct FieldValue {
  enum class State : uint8_t {
    kNull,
    kPresent,
    kUnknown,  // the source left the column out of the image
    kInvalid,  // text that is not valid in its character set: `bytes` are the source's
  };
  State state = State::kNull;
  uint64_t number = 0;     // of a varint, or the bits of a float or double
  std::string_view bytes;  // of any other type, and of kInvalid
  std::string_view field;  // of kPresent: the whole serialized field with its tag
};

// Splits the rows of a table version into values. Immutable; thread-safe.
class RowFields {
 public:
  explicit RowFields(schema::TableVersionPtr version);

  // Sets `values`, one for each of the version's columns; those of columns that are not captured
  // are meaningless. Views point into the row. kDataLoss LOG_DAMAGED: the bytes are not a valid row
  // of the version.
  absl::Status Read(const RowView& row, std::vector<FieldValue>& values) const;

 private:
  struct Field {
    uint32_t number = 0;
    uint32_t column = 0;
    uint32_t wire_type = 0;
  };
  const Field* Find(uint64_t number, size_t expected) const;
  absl::Status Damaged(std::string_view what, uint64_t number) const;

  schema::TableVersionPtr version_;
  std::vector<Field> by_column_;  // in column order, which is usually the order of fields in rows
  std::vector<Field> by_number_;
};

}  // namespace millrace::kafka

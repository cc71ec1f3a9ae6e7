// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::client {

// One of the two rows of a change.
enum class RowSide { kBefore, kAfter };

// The state of a column's value.
enum class ValueState {
  kValue,
  kNull,
  kUnknown,      // left out of the row image by the source
  kInvalidText,  // not valid in its character set: its bytes are shown
};

// A column of a row as readable text.
struct ColumnText {
  std::string column;
  uint32_t field_number = 0;
  uint32_t key_ordinal = 0;  // place in the primary key from 1; 0 if outside
  ValueState state = ValueState::kNull;
  // Strings and numbers unchanged, bytes as `0x…`, times in RFC 3339 in UTC with microseconds, the
  // zero date as `0000-00-00 00:00:00`, geometries as `SRID=4326;0x…`, vectors as `[1, 2.5]`,
  // `NULL`, and `?` for kUnknown. Line breaks and control characters are not escaped.
  std::string text;
};

// Returns the columns of a row message, in table order. Dropped columns come last, and only if they
// are not NULL.
std::vector<ColumnText> RowText(const google::protobuf::Message& row);

// The same for a row unpacked from `change`. Also marks the values that the change lists as unknown
// or as invalid text.
std::vector<ColumnText> RowText(const google::protobuf::Message& row, const v1::Change& change,
                                RowSide side);

// `2024-05-01T12:30:00.000250Z`.
std::string TimeText(const google::protobuf::Timestamp& time);

}  // namespace millrace::client

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "binlog/event.h"

// The serialization that MySQL uses for newer messages. Format:
// https://dev.mysql.com/doc/dev/mysql-server/latest/PageLibsMysqlSerialization.html
namespace millrace::binlog {

// Reads a number of one to nine bytes. The count of one-bits at the low end of the first byte is
// the count of bytes after it. All bits above the lowest zero bit, little endian, are the number.
uint64_t ReadSerializedUnsigned(ByteReader& reader);
// The same in zigzag encoding: 0, 1, 2, 3 are 0, -1, 1, -2.
int64_t ReadSerializedSigned(ByteReader& reader);

struct SerializedMessage {
  // A parser may skip unknown fields with greater numbers.
  uint64_t last_required_field = 0;
  // Each field is its number, then its value. The length of a value depends on the field.
  ByteReader fields;
};

// Opens the message in the body of `event`. kDataLoss EVENT_TRUNCATED; kUnimplemented
// EVENT_KIND_UNSUPPORTED: another version of the serialization.
absl::StatusOr<SerializedMessage> OpenSerialized(const Event& event);

}  // namespace millrace::binlog

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "binlog/event.h"

// The form that MySQL gives to newer messages. Format:
// https://dev.mysql.com/doc/dev/mysql-server/latest/PageLibsMysqlSerialization.html
namespace millrace::binlog {

// As many bytes follow the first one as this has one-bits at its low end; the bits above the lowest
// zero-bit of all these bytes, little endian, are the number.
uint64_t ReadSerializedUnsigned(ByteReader& reader);
// The same, and the number's lowest bit is its sign.
int64_t ReadSerializedSigned(ByteReader& reader);

struct SerializedMessage {
  // Fields with greater numbers may be passed over by who does not know them.
  uint64_t last_required_field = 0;
  // Each is its number and its value. A field's length depends on its kind.
  ByteReader fields;
};

// The message that is `event`'s body. kDataLoss EVENT_TRUNCATED; kUnimplemented
// EVENT_KIND_UNSUPPORTED: another version of the form.
absl::StatusOr<SerializedMessage> OpenSerialized(const Event& event);

}  // namespace millrace::binlog

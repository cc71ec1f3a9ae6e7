// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "kafka/encoder_parts.h"
#include "kafka/record.h"

namespace millrace::kafka {

// Format protobuf. Value: millrace.v1.Change, byte for byte as in the log. Key: a message of the
// row's type with only the key's fields, in the order of their numbers; for tables without a key,
// the whole row. Header `content-type` names the value's type, `millrace.key_type` the key's.
// Statements have no key.
//
// A tombstone follows each DELETE. An UPDATE that changes the key is preceded by a tombstone of the
// old key, so that compaction removes it; the change itself is sent once, with the new key. Tables
// without a key have no tombstones.
//
// Before the first row of a table version, the encoder writes the version's message type to the
// compacted topic `<prefix>.schemas`. The key is the type's full name, the value a
// google.protobuf.FileDescriptorSet with all imports.
//
// kInvalidArgument: 'kafka.keys' is malformed.
absl::StatusOr<std::unique_ptr<ChangeEncoder>> MakeProtobufEncoder(const EncoderParts& parts);

}  // namespace millrace::kafka

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "kafka/encoder_parts.h"
#include "kafka/record.h"

namespace millrace::kafka {

// Format protobuf. Value: millrace.v1.Change, byte for byte as in the log. Key: a message of the
// row's type that holds the fields of the key alone, in the order of their numbers; the whole row
// for tables without a key. Header `content-type` names the value's type,
// `millrace.key_type` the key's. Statements without a row have no key.
//
// A DELETE is followed by a record without value for its key. An UPDATE that moves a row to another
// key is preceded by one for the old key, so that compaction forgets it; the change itself stands
// once, under the new key. Tables without a key have no such records.
//
// Before the first row of a version that the encoder meets, the version's message type goes to the
// topic `<prefix>.schemas`, which is to be compacted: key is the type's full name, value a
// google.protobuf.FileDescriptorSet with all imports.
//
// kInvalidArgument: 'kafka.keys' is malformed.
absl::StatusOr<std::unique_ptr<ChangeEncoder>> MakeProtobufEncoder(const EncoderParts& parts);

}  // namespace millrace::kafka

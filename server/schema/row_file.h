// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "google/protobuf/descriptor.pb.h"
#include "schema/table_version.h"

namespace millrace::schema {

// The file that defines the row message of `table`, as protoc would write its descriptor.
google::protobuf::FileDescriptorProto RowFile(const TableVersion& table);

// `file` as .proto text. Requires: RowFile made it.
std::string RowFileText(const google::protobuf::FileDescriptorProto& file);

}  // namespace millrace::schema

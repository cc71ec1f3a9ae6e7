// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/message.h"
#include "schema/table_version.h"

namespace millrace::schema {

// The protobuf message type of a table's rows, built at run time. It is proto3, with an `optional`
// field for each captured column, the options of millrace/v1/options.proto, and dropped columns as
// deprecated fields. The JSON name of a field is the column's name, with two exceptions that use
// the field name: a dropped column whose name another column has, and a name like `[x]`, which
// protobuf reserves for extensions. Immutable after Make; thread-safe.
class RowDescriptor {
 public:
  // Requires: `table` comes from the registry.
  static std::shared_ptr<const RowDescriptor> Make(const TableVersion& table);
  ~RowDescriptor();

  // The file `db/<database>/<table>.proto`, named after the row message.
  const google::protobuf::FileDescriptorProto& file() const;
  // `file()` and everything it imports, imports first.
  google::protobuf::FileDescriptorSet WithImports() const;
  // The file as .proto text. protoc compiles it to the same descriptor.
  std::string ProtoText() const;
  const google::protobuf::Descriptor* descriptor() const;
  // A new empty message of the type; the descriptor must outlive it. Submessages have the generated
  // classes.
  std::unique_ptr<google::protobuf::Message> NewMessage() const;

 private:
  class State;
  explicit RowDescriptor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace::schema

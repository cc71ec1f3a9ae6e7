// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/message.h"
#include "schema/table_version.h"

namespace millrace::schema {

// The protobuf message of a table's rows, at run time: proto3, one `optional` field for each
// captured column with its number, options of millrace/v1/options.proto, dropped columns as
// deprecated fields. The JSON name of a field is the column's name; but a dropped column whose name
// another one has goes by its field name, and so does one named like `[x]`, which protobuf keeps
// for extensions. Immutable after Make; thread-safe.
class RowDescriptor {
 public:
  // Requires: `table` comes from the registry.
  static std::shared_ptr<const RowDescriptor> Make(const TableVersion& table);
  ~RowDescriptor();

  // File `db/<database>/<table>.proto`, named after the row message.
  const google::protobuf::FileDescriptorProto& file() const;
  // `file()` and everything it imports, imports first.
  google::protobuf::FileDescriptorSet WithImports() const;
  // The file as .proto text that stock protoc compiles to the same descriptor.
  std::string ProtoText() const;
  const google::protobuf::Descriptor* descriptor() const;
  // A new empty message of the type; the descriptor must outlive it. Submessages are of the
  // generated classes.
  std::unique_ptr<google::protobuf::Message> NewMessage() const;

 private:
  class State;
  explicit RowDescriptor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace::schema

// SPDX-License-Identifier: Apache-2.0

#include "client/table_fixture.h"

#include <memory>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "millrace/v1/options.pb.h"
#include "millrace/v1/values.pb.h"

namespace millrace::client {
namespace {

using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;

void AddField(const FixtureColumn& column, google::protobuf::DescriptorProto& message) {
  FieldDescriptorProto& field = *message.add_field();
  field.set_name(column.name);
  field.set_json_name(column.name);
  field.set_number(static_cast<int>(column.number));
  field.set_label(FieldDescriptorProto::LABEL_OPTIONAL);
  field.set_type(column.type);
  if (!column.message_type.empty()) {
    field.set_type_name(column.message_type);
  } else {
    field.set_proto3_optional(true);
    field.set_oneof_index(message.oneof_decl_size());
    message.add_oneof_decl()->set_name("_" + column.name);
  }
  if (column.dropped) field.mutable_options()->set_deprecated(true);
  v1::ColumnOptions& options = *field.mutable_options()->MutableExtension(v1::column);
  options.set_column(column.name);
  options.set_key_ordinal(column.key_ordinal);
}

FileDescriptorProto MakeFile(const v1::Table& table, const std::vector<FixtureColumn>& columns) {
  FileDescriptorProto file;
  file.set_name(table.proto_path());
  file.set_package("db." + table.database());
  file.set_syntax("proto3");
  file.add_dependency("google/protobuf/timestamp.proto");
  file.add_dependency("millrace/v1/options.proto");
  file.add_dependency("millrace/v1/values.proto");
  google::protobuf::DescriptorProto& message = *file.add_message_type();
  message.set_name(table.table());
  for (const FixtureColumn& column : columns) AddField(column, message);
  return file;
}

void AddImports(google::protobuf::FileDescriptorSet& set) {
  google::protobuf::FileDescriptorProto::descriptor()->file()->CopyTo(set.add_file());
  google::protobuf::Timestamp::descriptor()->file()->CopyTo(set.add_file());
  v1::ColumnOptions::descriptor()->file()->CopyTo(set.add_file());
  v1::Geometry::descriptor()->file()->CopyTo(set.add_file());
}

// Builds all files of `set`; the last one is the table's.
const google::protobuf::FileDescriptor* Build(const google::protobuf::FileDescriptorSet& set,
                                              google::protobuf::DescriptorPool& pool) {
  const google::protobuf::FileDescriptor* file = nullptr;
  for (const auto& proto : set.file()) file = pool.BuildFile(proto);
  return file;
}

}  // namespace

v1::Table MakeTable(const std::string& database, const std::string& table,
                    const std::vector<FixtureColumn>& columns, uint32_t version) {
  v1::Table result;
  result.set_database(database);
  result.set_table(table);
  result.set_version(version);
  result.set_row_message("db." + database + "." + table);
  result.set_proto_path("db/" + database + "/" + table + ".proto");
  for (const FixtureColumn& column : columns) {
    if (column.dropped) continue;
    v1::Column& described = *result.add_columns();
    described.set_column(column.name);
    described.set_field(column.name);
    described.set_field_number(column.number);
    described.set_key_ordinal(column.key_ordinal);
    described.set_mysql_type("varchar(20)");
    described.set_nullable(column.key_ordinal == 0);
    described.set_charset("utf8mb4");
  }
  AddImports(*result.mutable_descriptors());
  *result.mutable_descriptors()->add_file() = MakeFile(result, columns);
  google::protobuf::DescriptorPool pool;
  result.set_proto_text(Build(result.descriptors(), pool)->DebugString());
  return result;
}

v1::Table Customers() {
  return MakeTable(
      "inventory", "customers",
      {{"id", 1, FieldDescriptorProto::TYPE_INT32, 1, "", false}, {"name", 2}, {"email", 3}});
}

google::protobuf::Any MakeRow(const v1::Table& table, const std::string& text) {
  google::protobuf::DescriptorPool pool;
  const auto* file = Build(table.descriptors(), pool);
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> row(
      factory.GetPrototype(file->message_type(0))->New());
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, row.get())) << text;
  google::protobuf::Any any;
  any.set_type_url("t/" + table.row_message());
  any.set_value(row->SerializeAsString());
  return any;
}

v1::Change MakeChange(uint64_t sequence, v1::Operation operation, const v1::Table& table,
                      const std::string& before, const std::string& after) {
  v1::Change change;
  change.set_sequence(sequence);
  change.set_operation(operation);
  change.set_database(table.database());
  change.set_table(table.table());
  if (!before.empty()) *change.mutable_before() = MakeRow(table, before);
  if (!after.empty()) *change.mutable_after() = MakeRow(table, after);
  return change;
}

v1::SubscribeResponse MakeResponse(const std::string& token,
                                   const std::vector<v1::Change>& changes) {
  v1::SubscribeResponse response;
  response.set_resume_token(token);
  v1::Transaction& transaction = *response.add_transactions();
  transaction.set_gtid("0-1-42");
  transaction.mutable_commit_time()->set_seconds(1'900'000'000);
  transaction.mutable_commit_time()->set_nanos(250'000);
  for (const v1::Change& change : changes) *transaction.add_changes() = change;
  return response;
}

v1::SubscribeResponse Numbered(const std::string& token, const std::vector<uint64_t>& sequences) {
  std::vector<v1::Change> changes;
  for (const uint64_t sequence : sequences) {
    v1::Change change;
    change.set_sequence(sequence);
    change.set_operation(v1::OPERATION_INSERT);
    change.set_database("inventory");
    change.set_table("customers");
    change.set_after_json(R"({"id":7})");
    changes.push_back(change);
  }
  return MakeResponse(token, changes);
}

}  // namespace millrace::client

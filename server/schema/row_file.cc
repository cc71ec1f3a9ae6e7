// SPDX-License-Identifier: Apache-2.0

#include "schema/row_file.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <vector>

#include "base/check.h"
#include "google/protobuf/timestamp.pb.h"
#include "millrace/v1/options.pb.h"
#include "millrace/v1/values.pb.h"
#include "schema/definition.h"

namespace millrace::schema {
namespace {

namespace pb = ::google::protobuf;

// `db.inventory.customers` in its two parts, `db.inventory` and `customers`.
struct MessageName {
  std::string package;
  std::string message;
};

MessageName Split(const std::string& row_message) {
  const size_t dot = row_message.rfind('.');
  MILLRACE_CHECK(dot != std::string::npos);
  return {row_message.substr(0, dot), row_message.substr(dot + 1)};
}

void SetMessageType(const pb::Descriptor* type, pb::FieldDescriptorProto& field) {
  field.set_type(pb::FieldDescriptorProto::TYPE_MESSAGE);
  field.set_type_name("." + type->full_name());
}

void SetType(FieldType type, pb::FieldDescriptorProto& field) {
  switch (type) {
    case FieldType::kInt32:
      return field.set_type(pb::FieldDescriptorProto::TYPE_INT32);
    case FieldType::kUint32:
      return field.set_type(pb::FieldDescriptorProto::TYPE_UINT32);
    case FieldType::kInt64:
      return field.set_type(pb::FieldDescriptorProto::TYPE_INT64);
    case FieldType::kUint64:
      return field.set_type(pb::FieldDescriptorProto::TYPE_UINT64);
    case FieldType::kFloat:
      return field.set_type(pb::FieldDescriptorProto::TYPE_FLOAT);
    case FieldType::kDouble:
      return field.set_type(pb::FieldDescriptorProto::TYPE_DOUBLE);
    case FieldType::kString:
      return field.set_type(pb::FieldDescriptorProto::TYPE_STRING);
    case FieldType::kBytes:
      return field.set_type(pb::FieldDescriptorProto::TYPE_BYTES);
    case FieldType::kTimestamp:
      return SetMessageType(pb::Timestamp::descriptor(), field);
    case FieldType::kGeometry:
      return SetMessageType(v1::Geometry::descriptor(), field);
    case FieldType::kVector:
      return SetMessageType(v1::Vector::descriptor(), field);
  }
  MILLRACE_UNREACHABLE();
}

void SetOptions(const Column& column, bool dropped, pb::FieldOptions& options) {
  if (dropped) options.set_deprecated(true);
  v1::ColumnOptions& to = *options.MutableExtension(v1::column);
  to.set_column(column.name);
  to.set_mysql_type(column.mysql_type);
  to.set_key_ordinal(dropped ? 0 : column.key_ordinal);
  to.set_nullable(column.nullable);
  to.set_charset(column.charset);
  for (const std::string& label : column.labels) to.add_labels(label);
  to.set_invisible(column.invisible);
}

// Assigns a unique JSON name to each field.
class JsonNames {
 public:
  std::string Take(const Column& column) {
    const bool reserved = column.name.starts_with('[') && column.name.ends_with(']');
    const bool possible =
        !reserved && !column.name.empty() && column.name.find('\0') == std::string::npos;
    if (possible && taken_.insert(column.name).second) return column.name;
    std::string name = column.field_name;
    while (!taken_.insert(name).second) name += "_";
    return name;
  }

 private:
  std::unordered_set<std::string> taken_;
};

// Makes every field `optional`. The descriptor of a proto3 file represents that as a oneof with one
// field; the oneof gets the name that protoc would use.
void AddPresence(pb::DescriptorProto& message) {
  std::unordered_set<std::string> names;
  for (const pb::FieldDescriptorProto& field : message.field()) names.insert(field.name());
  for (pb::FieldDescriptorProto& field : *message.mutable_field()) {
    std::string name = field.name();
    if (name.front() != '_') name.insert(0, 1, '_');
    while (!names.insert(name).second) name.insert(0, 1, 'X');
    field.set_proto3_optional(true);
    field.set_oneof_index(message.oneof_decl_size());
    message.add_oneof_decl()->set_name(name);
  }
}

struct Field {
  const Column* column;
  bool dropped;
};

// Fields in order of their numbers: the order in which they were added.
std::vector<Field> FieldsOf(const TableVersion& table) {
  std::vector<Field> fields;
  for (const Column& column : table.columns) {
    if (column.field_number != 0) fields.push_back({&column, false});
  }
  for (const Column& column : table.dropped_columns) fields.push_back({&column, true});
  std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) {
    return a.column->field_number < b.column->field_number;
  });
  return fields;
}

void SetTableOptions(const TableVersion& table, pb::MessageOptions& options) {
  v1::TableOptions& to = *options.MutableExtension(v1::table);
  to.set_database(table.name.database);
  to.set_table(table.name.table);
  std::map<uint32_t, const std::string*> key;
  for (const Column& column : table.columns) {
    if (column.key_ordinal != 0 && column.captured) key[column.key_ordinal] = &column.name;
  }
  for (const auto& [ordinal, name] : key) to.add_key_columns(*name);
}

void AddImports(pb::FileDescriptorProto& file) {
  bool has_time = false;
  bool has_value = false;
  for (const pb::FieldDescriptorProto& field : file.message_type(0).field()) {
    if (field.type() != pb::FieldDescriptorProto::TYPE_MESSAGE) continue;
    const bool is_time = field.type_name() == "." + pb::Timestamp::descriptor()->full_name();
    (is_time ? has_time : has_value) = true;
  }
  if (has_time) file.add_dependency(pb::Timestamp::descriptor()->file()->name());
  file.add_dependency(v1::ColumnOptions::descriptor()->file()->name());
  if (has_value) file.add_dependency(v1::Geometry::descriptor()->file()->name());
}

}  // namespace

pb::FileDescriptorProto RowFile(const TableVersion& table) {
  const auto [package, message_name] = Split(table.row_message);
  pb::FileDescriptorProto file;
  std::string path = table.row_message;
  std::replace(path.begin(), path.end(), '.', '/');
  file.set_name(path + ".proto");
  file.set_package(package);
  file.set_syntax("proto3");
  pb::DescriptorProto& message = *file.add_message_type();
  message.set_name(message_name);
  SetTableOptions(table, *message.mutable_options());

  // Current columns take their names before dropped ones.
  JsonNames json_names;
  std::map<uint32_t, std::string> json_name_of;
  for (const bool dropped : {false, true}) {
    for (const Column& column : dropped ? table.dropped_columns : table.columns) {
      if (column.field_number == 0) continue;
      json_name_of[column.field_number] = json_names.Take(column);
    }
  }
  for (const auto [column, dropped] : FieldsOf(table)) {
    pb::FieldDescriptorProto& field = *message.add_field();
    field.set_name(column->field_name);
    field.set_number(static_cast<int32_t>(column->field_number));
    field.set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
    SetType(column->field_type, field);
    field.set_json_name(json_name_of[column->field_number]);
    SetOptions(*column, dropped, *field.mutable_options());
  }
  AddPresence(message);
  AddImports(file);
  return file;
}

}  // namespace millrace::schema

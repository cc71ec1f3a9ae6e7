// SPDX-License-Identifier: Apache-2.0

#include "kafka/debezium_schema.h"

#include <utility>

#include "fmt/format.h"
#include "kafka/debezium_json.h"

namespace millrace::kafka {
namespace {

using Fields = std::vector<std::string>;

constexpr bool kOptional = true;
constexpr bool kRequired = false;
constexpr int kNoVersion = 0;
constexpr int kEnvelopeVersion = 2;

std::string Joined(const Fields& fields) {
  std::string text;
  for (const std::string& field : fields) {
    if (!text.empty()) text.push_back(',');
    text.append(field);
  }
  return text;
}

std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendJsonString(quoted, text);
  return quoted;
}

// The members after the type, without braces. Empty attributes are omitted.
struct SchemaAttributes {
  bool optional = kRequired;
  std::string_view name = {};
  int version = kNoVersion;
  std::string_view doc = {};
  std::string parameters = {};
  std::string_view default_value = {};
  std::string_view field = {};
};

std::string AttributesText(const SchemaAttributes& attributes) {
  std::string text = fmt::format(",\"optional\":{}", attributes.optional);
  if (!attributes.name.empty()) text += fmt::format(",\"name\":{}", Quoted(attributes.name));
  if (attributes.version != kNoVersion) text += fmt::format(",\"version\":{}", attributes.version);
  if (!attributes.doc.empty()) text += fmt::format(",\"doc\":{}", Quoted(attributes.doc));
  if (!attributes.parameters.empty())
    text += fmt::format(",\"parameters\":{{{}}}", attributes.parameters);
  if (!attributes.default_value.empty())
    text += fmt::format(",\"default\":{}", Quoted(attributes.default_value));
  if (!attributes.field.empty()) text += fmt::format(",\"field\":{}", Quoted(attributes.field));
  return text;
}

std::string Struct(const Fields& fields, const SchemaAttributes& attributes) {
  return fmt::format("{{\"type\":\"struct\",\"fields\":[{}]{}}}", Joined(fields),
                     AttributesText(attributes));
}

std::string Array(std::string_view items, const SchemaAttributes& attributes) {
  return fmt::format("{{\"type\":\"array\",\"items\":{}{}}}", std::string(items),
                     AttributesText(attributes));
}

std::string Typed(std::string_view type, const SchemaAttributes& attributes) {
  return fmt::format("{{\"type\":\"{}\"{}}}", std::string(type), AttributesText(attributes));
}

std::string Plain(std::string_view type, bool optional, std::string_view field) {
  return Typed(type, {.optional = optional, .field = field});
}

// Joins the labels with commas; commas within a label are escaped.
std::string JoinedLabels(const schema::Column& column) {
  std::string text;
  for (size_t i = 0; i < column.labels.size(); ++i) {
    if (i > 0) text.push_back(',');
    for (const char c : column.labels[i]) {
      if (c == ',') text.push_back('\\');
      text.push_back(c);
    }
  }
  return text;
}

std::string Parameters(const schema::Column& column, const ColumnForm& form) {
  switch (form.form) {
    case ValueForm::kDecimal:
      return fmt::format("\"scale\":\"{}\",\"connect.decimal.precision\":\"{}\"", form.parameter,
                         column.metadata >> 8);
    case ValueForm::kUnsignedDecimal:
      return "\"scale\":\"0\",\"connect.decimal.precision\":\"20\"";
    case ValueForm::kBits:
      return fmt::format("\"length\":\"{}\"", form.parameter);
    case ValueForm::kText:
      if (form.semantic_type.empty()) return "";
      return fmt::format("\"allowed\":{}", Quoted(JoinedLabels(column)));
    default:
      return "";
  }
}

std::string FieldSchema(const SchemaField& field) {
  const ColumnForm& form = *field.form;
  SchemaAttributes attributes{.optional = form.nullable,
                              .name = form.semantic_type,
                              .version = form.semantic_type.empty() ? kNoVersion : 1,
                              .parameters = Parameters(*field.column, form),
                              .field = field.column->name};
  switch (form.form) {
    case ValueForm::kGeometry:
      // Debezium makes geometries optional even in NOT NULL columns.
      attributes.optional = kOptional;
      attributes.doc = "Geometry";
      return Struct({Plain("bytes", kRequired, "wkb"), Plain("int32", kOptional, "srid")},
                    attributes);
    case ValueForm::kPoint:
      attributes.doc = "Geometry (POINT)";
      return Struct({Plain("double", kRequired, "x"), Plain("double", kRequired, "y"),
                     Plain("bytes", kOptional, "wkb"), Plain("int32", kOptional, "srid")},
                    attributes);
    case ValueForm::kVector:
      return Array(Plain("float", kRequired, ""), attributes);
    default:
      return Typed(form.connect_type, attributes);
  }
}

Fields FieldSchemas(const std::vector<SchemaField>& fields) {
  Fields schemas;
  for (const SchemaField& field : fields) schemas.push_back(FieldSchema(field));
  return schemas;
}

std::string SourceSchema(std::string_view connector) {
  const std::string snapshots =
      "\"allowed\":\"true,first,first_in_data_collection,last_in_data_collection,last,false,"
      "incremental\"";
  const Fields fields = {Plain("string", kRequired, "version"),
                         Plain("string", kRequired, "connector"),
                         Plain("string", kRequired, "name"),
                         Plain("int64", kRequired, "ts_ms"),
                         Typed("string", {.optional = kOptional,
                                          .name = "io.debezium.data.Enum",
                                          .version = 1,
                                          .parameters = snapshots,
                                          .default_value = "false",
                                          .field = "snapshot"}),
                         Plain("string", kRequired, "db"),
                         Plain("string", kOptional, "sequence"),
                         Plain("int64", kOptional, "ts_us"),
                         Plain("int64", kOptional, "ts_ns"),
                         Plain("string", kOptional, "table"),
                         Plain("int64", kRequired, "server_id"),
                         Plain("string", kOptional, "gtid"),
                         Plain("string", kRequired, "file"),
                         Plain("int64", kRequired, "pos"),
                         Plain("int32", kRequired, "row"),
                         Plain("int64", kOptional, "thread"),
                         Plain("string", kOptional, "query")};
  const std::string name = fmt::format("io.debezium.connector.{}.Source", std::string(connector));
  return Struct(fields, {.name = name, .version = 1, .field = "source"});
}

std::string TransactionBlockSchema() {
  return Struct(
      {Plain("string", kRequired, "id"), Plain("int64", kRequired, "total_order"),
       Plain("int64", kRequired, "data_collection_order")},
      {.optional = kOptional, .name = "event.block", .version = 1, .field = "transaction"});
}

// A column of `tableChanges` in a schema change.
std::string DescribedColumnSchema() {
  const Fields fields = {
      Plain("string", kRequired, "name"),
      Plain("int32", kRequired, "jdbcType"),
      Plain("int32", kOptional, "nativeType"),
      Plain("string", kRequired, "typeName"),
      Plain("string", kOptional, "typeExpression"),
      Plain("string", kOptional, "charsetName"),
      Plain("int32", kOptional, "length"),
      Plain("int32", kOptional, "scale"),
      Plain("int32", kRequired, "position"),
      Plain("boolean", kOptional, "optional"),
      Plain("boolean", kOptional, "autoIncremented"),
      Plain("boolean", kOptional, "generated"),
      Plain("string", kOptional, "comment"),
      Plain("string", kOptional, "defaultValueExpression"),
      Array(Plain("string", kRequired, ""), {.optional = kOptional, .field = "enumValues"})};
  return Struct(fields, {.name = "io.debezium.connector.schema.Column", .version = 1});
}

std::string DescribedTableSchema() {
  const Fields fields = {Plain("string", kOptional, "defaultCharsetName"),
                         Array(Plain("string", kRequired, ""),
                               {.optional = kOptional, .field = "primaryKeyColumnNames"}),
                         Array(DescribedColumnSchema(), {.field = "columns"}),
                         Plain("string", kOptional, "comment")};
  return Struct(fields, {.optional = kOptional,
                         .name = "io.debezium.connector.schema.Table",
                         .version = 1,
                         .field = "table"});
}

}  // namespace

std::string KeySchema(const std::vector<SchemaField>& fields, std::string_view topic) {
  const std::string name = fmt::format("{}.Key", std::string(topic));
  return Struct(FieldSchemas(fields), {.name = name});
}

std::string EnvelopeSchema(const std::vector<SchemaField>& fields, std::string_view topic,
                           std::string_view connector) {
  const Fields row = FieldSchemas(fields);
  const std::string row_name = fmt::format("{}.Value", std::string(topic));
  const auto image = [&](std::string_view field) {
    return Struct(row, {.optional = kOptional, .name = row_name, .field = field});
  };
  const std::string name = fmt::format("{}.Envelope", std::string(topic));
  return Struct({image("before"), image("after"), SourceSchema(connector), TransactionBlockSchema(),
                 Plain("string", kRequired, "op"), Plain("int64", kOptional, "ts_ms"),
                 Plain("int64", kOptional, "ts_us"), Plain("int64", kOptional, "ts_ns")},
                {.name = name, .version = kEnvelopeVersion});
}

std::string SchemaChangeKeySchema(std::string_view connector) {
  const std::string name =
      fmt::format("io.debezium.connector.{}.SchemaChangeKey", std::string(connector));
  return Struct({Plain("string", kRequired, "databaseName")}, {.name = name, .version = 1});
}

std::string SchemaChangeValueSchema(std::string_view connector) {
  const std::string change = Struct({Plain("string", kRequired, "type"),
                                     Plain("string", kRequired, "id"), DescribedTableSchema()},
                                    {.name = "io.debezium.connector.schema.Change", .version = 1});
  const std::string name =
      fmt::format("io.debezium.connector.{}.SchemaChangeValue", std::string(connector));
  return Struct(
      {SourceSchema(connector), Plain("int64", kRequired, "ts_ms"),
       Plain("string", kOptional, "databaseName"), Plain("string", kOptional, "schemaName"),
       Plain("string", kOptional, "ddl"), Array(change, {.field = "tableChanges"})},
      {.name = name, .version = 1});
}

std::string TransactionKeySchema() {
  return Struct({Plain("string", kRequired, "id")},
                {.name = "io.debezium.connector.common.TransactionMetadataKey", .version = 1});
}

std::string TransactionValueSchema() {
  const std::string collection = Struct(
      {Plain("string", kRequired, "data_collection"), Plain("int64", kRequired, "event_count")},
      {.optional = kOptional, .name = "event.collection", .version = 1});
  return Struct({Plain("string", kRequired, "status"), Plain("string", kRequired, "id"),
                 Plain("int64", kOptional, "event_count"),
                 Array(collection, {.optional = kOptional, .field = "data_collections"}),
                 Plain("int64", kRequired, "ts_ms")},
                {.name = "io.debezium.connector.common.TransactionMetadataValue", .version = 1});
}

std::string HeartbeatKeySchema() {
  return Struct({Plain("string", kRequired, "serverName")},
                {.name = "io.debezium.connector.common.ServerNameKey", .version = 1});
}

std::string HeartbeatValueSchema() {
  return Struct({Plain("int64", kRequired, "ts_ms")},
                {.name = "io.debezium.connector.common.Heartbeat", .version = 1});
}

}  // namespace millrace::kafka

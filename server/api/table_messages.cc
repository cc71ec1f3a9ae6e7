// SPDX-License-Identifier: Apache-2.0

#include "api/table_messages.h"

namespace millrace::api {

v1::Table TableSummary(const schema::TableVersion& table) {
  v1::Table message;
  message.set_database(table.name.database);
  message.set_table(table.name.table);
  message.set_version(table.version);
  message.set_row_message(table.row_message);
  message.set_dropped(table.dropped);
  return message;
}

v1::Table TableInFull(const schema::TableVersion& table, const schema::RowDescriptor& row) {
  v1::Table message = TableSummary(table);
  for (const schema::Column& column : table.columns) {
    if (!column.captured) continue;
    v1::Column& entry = *message.add_columns();
    entry.set_column(column.name);
    entry.set_mysql_type(column.mysql_type);
    entry.set_field_number(column.field_number);
    entry.set_field(column.field_name);
    entry.set_key_ordinal(column.key_ordinal);
    entry.set_nullable(column.nullable);
    entry.set_charset(column.charset);
  }
  *message.mutable_descriptors() = row.WithImports();
  message.set_proto_text(row.ProtoText());
  message.set_proto_path(row.file().name());
  return message;
}

}  // namespace millrace::api

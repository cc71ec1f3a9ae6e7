// SPDX-License-Identifier: Apache-2.0

#include "tables.h"

#include "fmt/format.h"
#include "json.h"
#include "matched_tables.h"

namespace millrace::command {
namespace {

// Whether the pattern names one table, without wildcards. Dots after the first belong to the
// table's name.
bool IsPlainName(const std::string& pattern) {
  return pattern.find_first_of("*`") == std::string::npos && !pattern.starts_with('!') &&
         pattern.find('.') != std::string::npos;
}

absl::Status ShowTable(const Session& session, const std::string& name, bool json) {
  const size_t dot = name.find('.');
  v1::GetTableRequest request;
  request.set_database(name.substr(0, dot));
  request.set_table(name.substr(dot + 1));
  auto response = session.client->GetTable(request);
  if (!response.ok()) return response.status();
  if (!json) return Print(ColumnsText(response->table(), Paint(session.colour)));
  // `proto export` writes what compilers need; omit it here.
  response->mutable_table()->clear_descriptors();
  response->mutable_table()->clear_proto_text();
  return Print(ToJson(response->table()));
}

}  // namespace

std::string TablesText(const v1::ListTablesResponse& tables, const Paint& paint) {
  TextTable text({{"TABLE"}, {"VERSION", TextTable::Align::kRight}, {"ROW TYPE"}, {"STATE"}});
  for (const v1::Table& table : tables.tables()) {
    text.Add({{Printable(table.database() + "." + table.table()), Tone::kBold},
              {fmt::to_string(table.version())},
              {Printable(table.row_message())},
              {table.dropped() ? "dropped" : "", Tone::kYellow}});
  }
  if (text.empty()) return "no table has been captured yet\n";
  return text.Render(paint);
}

std::string ColumnsText(const v1::Table& table, const Paint& paint) {
  TextTable text({{"COLUMN"},
                  {"TYPE"},
                  {"NULL"},
                  {"KEY", TextTable::Align::kRight},
                  {"FIELD", TextTable::Align::kRight},
                  {"FIELD NAME"},
                  {"CHARSET"}});
  for (const v1::Column& column : table.columns()) {
    const bool key = column.key_ordinal() != 0;
    text.Add({{Printable(column.column()), key ? Tone::kBold : Tone::kPlain},
              {Printable(column.mysql_type()), Tone::kCyan},
              {column.nullable() ? "null" : ""},
              {key ? fmt::to_string(column.key_ordinal()) : ""},
              {fmt::to_string(column.field_number())},
              {Printable(column.field())},
              {Printable(column.charset()), Tone::kDim}});
  }
  return fmt::format("{}  version {}  {}{}\n\n{}",
                     paint(Tone::kBold, Printable(table.database() + "." + table.table())),
                     table.version(), paint(Tone::kDim, Printable(table.row_message())),
                     table.dropped() ? "  " + paint(Tone::kYellow, "dropped") : "",
                     text.Render(paint));
}

absl::Status ShowTables(const Session& session, const TablesOptions& options) {
  if (options.patterns.size() == 1 && IsPlainName(options.patterns.front())) {
    return ShowTable(session, options.patterns.front(), options.json);
  }
  const auto tables = MatchedTables(*session.client, options.patterns);
  if (!tables.ok()) return tables.status();
  return Print(options.json ? ToJson(*tables) : TablesText(*tables, Paint(session.colour)));
}

}  // namespace millrace::command

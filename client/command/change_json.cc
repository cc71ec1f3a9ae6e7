// SPDX-License-Identifier: Apache-2.0

#include "change_json.h"

#include <iterator>
#include <string_view>

#include "fmt/format.h"
#include "json.h"
#include "millrace/row_text.h"

namespace millrace::command {
namespace {

void AppendText(std::string_view key, std::string_view text, std::string& out) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":", key);
  AppendJsonString(text, out);
}

// Copies the server's JSON without line breaks, which would end our line. In JSON, line breaks can
// only be white space between tokens.
void AppendRow(std::string_view key, std::string_view json, std::string& out) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":", key);
  if (json.empty()) out += "null";
  for (const char character : json) {
    if (character != '\n' && character != '\r') out += character;
  }
}

template <typename Numbers>
void AppendNumbers(std::string_view key, const Numbers& numbers, std::string& out) {
  if (numbers.empty()) return;
  fmt::format_to(std::back_inserter(out), ",\"{}\":[{}]", key, fmt::join(numbers, ","));
}

void AppendSchemaChange(const v1::SchemaChange& change, std::string& out) {
  out += ",\"schema_change\":{\"statement\":";
  AppendJsonString(change.statement(), out);
  AppendText("default_database", change.default_database(), out);
  out += ",\"tables\":[";
  for (int i = 0; i < change.tables_size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(change.tables(i), out);
  }
  out += "]}";
}

void AppendInvalidText(const v1::Change& change, std::string& out) {
  out += ",\"invalid_text\":[";
  for (int i = 0; i < change.invalid_text_size(); ++i) {
    const v1::InvalidText& invalid = change.invalid_text(i);
    fmt::format_to(std::back_inserter(out), "{}{{\"field_number\":{},\"in_before\":{}",
                   i == 0 ? "" : ",", invalid.field_number(), invalid.in_before());
    AppendText("charset", invalid.charset(), out);
    std::string hex;
    for (const char byte : invalid.value()) {
      fmt::format_to(std::back_inserter(hex), "{:02x}", static_cast<unsigned char>(byte));
    }
    AppendText("value_hex", hex, out);
    out += '}';
  }
  out += ']';
}

std::string_view OperationName(v1::Operation operation) {
  constexpr std::string_view kPrefix = "OPERATION_";
  std::string_view name = v1::Operation_Name(operation);
  if (name.substr(0, kPrefix.size()) == kPrefix) name.remove_prefix(kPrefix.size());
  return name.empty() ? "UNKNOWN" : name;
}

}  // namespace

void AppendChangeJson(const v1::Transaction& transaction, const v1::Change& change,
                      const std::string& resume_token, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{{\"sequence\":{}", change.sequence());
  AppendText("gtid", transaction.gtid(), out);
  AppendText("commit_time", client::TimeText(transaction.commit_time()), out);
  AppendText("operation", OperationName(change.operation()), out);
  AppendText("database", change.database(), out);
  AppendText("table", change.table(), out);
  AppendRow("before", change.before_json(), out);
  AppendRow("after", change.after_json(), out);
  if (change.has_schema_change()) AppendSchemaChange(change.schema_change(), out);
  AppendNumbers("before_unknown_fields", change.before_unknown_fields(), out);
  AppendNumbers("after_unknown_fields", change.after_unknown_fields(), out);
  if (change.invalid_text_size() > 0) AppendInvalidText(change, out);
  if (!resume_token.empty()) AppendText("resume_token", resume_token, out);
  out += "}\n";
}

}  // namespace millrace::command

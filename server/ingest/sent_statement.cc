// SPDX-License-Identifier: Apache-2.0

#include "ingest/sent_statement.h"

#include <algorithm>

#include "ingest/statement_text.h"
#include "model/charset.h"
#include "schema/collations.h"

namespace millrace::ingest {
namespace {

constexpr std::string_view kUtf8 = "utf8mb4";

// The source keeps names in UTF-8. What is not becomes U+FFFD, so that it can be a protobuf string.
std::string ValidUtf8(std::string_view bytes) {
  if (IsValidUtf8(bytes)) return std::string(bytes);
  std::string text;
  for (const char c : bytes) {
    if (static_cast<unsigned char>(c) < 0x80) {
      text.push_back(c);
    } else {
      text.append("\xef\xbf\xbd");
    }
  }
  return text;
}

bool IsAscii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Nothing: the one that the event names.
std::optional<std::string_view> CharsetWrittenIn(std::string_view statement, bool goes_on) {
  if (IsAscii(statement) || !IsValidUtf8(statement)) return std::nullopt;
  // Both are never logged as they were sent.
  if (statement.starts_with("SAVEPOINT ") || statement.starts_with("ROLLBACK TO ")) return kUtf8;
  if (IsMemoryTableEmptied(statement)) return kUtf8;
  if (!IsWrittenByServer(statement)) return std::nullopt;
  if (goes_on || statement.ends_with(" START TRANSACTION")) return kUtf8;
  // A client may have written it too: then its charset counts.
  return std::string_view();
}

}  // namespace

SentStatement SentBy(const binlog::Query& query, Flavour flavour, bool goes_on) {
  const std::string_view client = schema::CharsetOfCollation(flavour, query.client_charset);
  const bool is_utf8 = client.starts_with("utf8");
  return {
      .text = query.statement,
      .database = ValidUtf8(query.database),
      .written_databases = query.databases,
      .session = {
          .flavour = flavour,
          .charset = is_utf8 ? client : CharsetWrittenIn(query.statement, goes_on).value_or(client),
          .sql_mode = query.sql_mode}};
}

bool IsWrittenByServer(std::string_view statement) {
  if (!statement.starts_with("CREATE TABLE ") &&
      !statement.starts_with("CREATE OR REPLACE TABLE ")) {
    return false;
  }
  const size_t columns = statement.find(" (\n  ");
  return columns != std::string_view::npos && columns > 0 &&
         (statement[columns - 1] == '`' || statement[columns - 1] == '"');
}

}  // namespace millrace::ingest

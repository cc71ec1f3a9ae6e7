// SPDX-License-Identifier: Apache-2.0

#include "ingest/sent_statement.h"

#include <algorithm>
#include <utility>

#include "ingest/statement_text.h"
#include "model/charset.h"
#include "schema/collations.h"
#include "schema/shown_statement.h"
#include "schema/statement_readings.h"

namespace millrace::ingest {
namespace {

constexpr std::string_view kUtf8 = "utf8mb4";

// The source keeps names in UTF-8. Other bytes become U+FFFD, so that the text can be a protobuf
// string.
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

bool MayBeUtf8(std::string_view statement) { return !IsAscii(statement) && IsValidUtf8(statement); }

// Statements that are never logged as sent, but always as the server wrote them.
bool IsCertainlyUtf8(std::string_view statement, bool transaction_continues) {
  if (statement.starts_with("SAVEPOINT ") || statement.starts_with("ROLLBACK TO ")) return true;
  if (IsMemoryTableEmptied(statement)) return true;
  // Otherwise a client may have written it.
  return IsWrittenByServer(statement) &&
         (transaction_continues || statement.ends_with(" START TRANSACTION"));
}

bool IsDefinition(const schema::Statement& statement) {
  return statement.kind == schema::StatementKind::kDefinition ||
         statement.kind == schema::StatementKind::kTruncate;
}

// Two bits of sql_mode decide whether double quotes enclose a name, and whether a backslash escapes
// a quote.
void AddOtherModes(const SentStatement& sent,
                   std::vector<schema::StatementSession>& other_sessions) {
  using Session = schema::StatementSession;
  if (!sent.session.sql_mode.has_value()) return;
  uint64_t bits = 0;
  if (sent.text.find('"') != std::string_view::npos) bits |= Session::kAnsiQuotes;
  if (sent.text.find('\\') != std::string_view::npos) bits |= Session::kNoBackslashEscapes;
  for (const uint64_t flipped : {Session::kAnsiQuotes, Session::kNoBackslashEscapes,
                                 Session::kAnsiQuotes | Session::kNoBackslashEscapes}) {
    if ((flipped & bits) != flipped) continue;
    other_sessions.push_back(sent.session);
    other_sessions.back().sql_mode = *sent.session.sql_mode ^ flipped;
  }
}

// A name under one mode is a string under the other, so the name "password" is no sign of a secret.
bool SwapsQuotes(const schema::StatementSession& session, const schema::StatementSession& other) {
  const uint64_t differs = session.sql_mode.value_or(0) ^ other.sql_mode.value_or(0);
  return (differs & schema::StatementSession::kAnsiQuotes) != 0;
}

}  // namespace

SentStatement SentStatementFrom(const binlog::Query& query, Flavour flavour,
                                bool transaction_continues) {
  SentStatement sent{
      .text = query.statement,
      .database = ValidUtf8(query.database),
      .written_databases = query.databases,
      .session = {.flavour = flavour,
                  .charset = schema::CharsetOfCollation(flavour, query.client_charset),
                  .sql_mode = query.sql_mode},
      .other_sessions = {}};
  if (sent.session.charset.starts_with("utf8") || !MayBeUtf8(sent.text)) return sent;
  if (!IsCertainlyUtf8(sent.text, transaction_continues))
    sent.other_sessions.push_back(sent.session);
  (sent.other_sessions.empty() ? sent.session : sent.other_sessions.back()).charset = kUtf8;
  return sent;
}

schema::Statement Read(SentStatement& sent) {
  schema::Statement statement = schema::Classify(sent.text, sent.database, sent.session);
  std::vector<schema::StatementSession> other_sessions = std::exchange(sent.other_sessions, {});
  if (statement.may_concern_any_table) return statement;
  if (IsDefinition(statement)) AddOtherModes(sent, other_sessions);
  for (const schema::StatementSession& other : other_sessions) {
    const schema::Statement read = schema::Classify(sent.text, sent.database, other);
    // No server accepted it under this session.
    if (read.may_concern_any_table) continue;
    statement = schema::MergeReadings(std::move(statement), read);
    sent.other_sessions.push_back(other);
  }
  return statement;
}

std::string ShownText(const SentStatement& sent, const schema::Statement& statement,
                      const std::function<bool(std::string_view name)>& is_excluded) {
  std::string text = schema::ShownText(sent.text, statement, sent.session, is_excluded);
  const bool shown =
      std::all_of(sent.other_sessions.begin(), sent.other_sessions.end(),
                  [&](const schema::StatementSession& other) {
                    return SwapsQuotes(sent.session, other) ||
                           !schema::ShownText(sent.text, statement, other, is_excluded).empty();
                  });
  return shown ? text : std::string();
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

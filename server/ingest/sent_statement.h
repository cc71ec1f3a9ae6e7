// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binlog/events.h"
#include "model/flavour.h"
#include "schema/statement.h"

namespace millrace::ingest {

// A statement as it was sent to the source, and what its meaning depends on.
struct SentStatement {
  std::string_view text;  // in the charset of `session`
  std::string database;   // the default one, in UTF-8
  // As in binlog::Query.
  std::optional<std::string_view> written_databases;
  schema::StatementSession session;
  // What else the source may have read the text under.
  std::vector<schema::StatementSession> other_sessions;
};

// What a QUERY event tells of it. Its views are those of `query`. `transaction_continues`: it is in
// a transaction that goes on after it.
//
// Statements that the server writes itself have names in UTF-8, while the event names the client's
// charset. The form of some statements shows that the server wrote them. Also, a statement may be
// prepared under one charset or sql_mode and executed under other_sessions, and the event names the
// latter. So text that is not ASCII and is valid UTF-8 may be UTF-8 whatever the event says;
// `other_sessions` has that reading.
SentStatement SentStatementFrom(const binlog::Query& query, Flavour flavour,
                                bool transaction_continues = false);

// What the statement is; in doubt where the readings differ. Where sql_mode decides what is quoted,
// other_sessions are read too. Only those under which the text is a statement are left in
// `other_sessions`.
schema::Statement Read(SentStatement& sent);

// Its text as schema::ShownText, empty if one of the readings says so, but for those that take
// other quotes for names.
std::string ShownText(const SentStatement& sent, const schema::Statement& statement,
                      const std::function<bool(std::string_view name)>& is_excluded);

// CREATE TABLE as SHOW CREATE TABLE writes it: what a server logs for CREATE TABLE … SELECT, and
// for LIKE a temporary table.
bool IsWrittenByServer(std::string_view statement);

}  // namespace millrace::ingest

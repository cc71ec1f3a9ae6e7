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

// A statement as it was sent to the source, with the session settings that its meaning depends on.
struct SentStatement {
  std::string_view text;  // in the charset of `session`
  std::string database;   // the default database, in UTF-8
  // See binlog::Query.
  std::optional<std::string_view> written_databases;
  schema::StatementSession session;
  // Other sessions under which the source may have read the text.
  std::vector<schema::StatementSession> other_sessions;
};

// The statement in a QUERY event. Its views are those of `query`. `transaction_continues`: the
// statement is in a transaction that continues after it.
//
// Statements that the server writes itself have names in UTF-8, while the event states the client's
// charset. The form of some statements shows that the server wrote them. Also, a statement may be
// prepared under one charset or sql_mode and executed under another, and the event states the
// latter. So text that is not ASCII but valid UTF-8 may be UTF-8 even if the event states another
// charset; `other_sessions` then has that interpretation.
SentStatement SentStatementFrom(const binlog::Query& query, Flavour flavour,
                                bool transaction_continues = false);

// Classifies the statement; the result is `ambiguous` if the interpretations differ. Where sql_mode
// decides which quotes enclose names, tries other modes too. Keeps in `other_sessions` only those
// under which the text is a statement.
schema::Statement Read(SentStatement& sent);

// The statement's text as schema::ShownText: empty if any interpretation hides it. Those under
// which other quotes enclose names do not count.
std::string ShownText(const SentStatement& sent, const schema::Statement& statement,
                      const std::function<bool(std::string_view name)>& is_excluded);

// Whether it is a CREATE TABLE as SHOW CREATE TABLE writes it: a server logs this form for CREATE
// TABLE … SELECT, and for LIKE with a temporary table.
bool IsWrittenByServer(std::string_view statement);

}  // namespace millrace::ingest

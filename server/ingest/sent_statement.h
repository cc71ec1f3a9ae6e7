// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>

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
};

// What a QUERY event tells of it. Its views are those of `query`. `goes_on`: it is in a transaction
// that goes on after it.
//
// Statements that the server writes itself have names in UTF-8, while the event names the client's
// charset all the same. They are told from others by their form; where that leaves a doubt, the
// charset is unknown.
SentStatement SentBy(const binlog::Query& query, Flavour flavour, bool goes_on = false);

// CREATE TABLE as SHOW CREATE TABLE writes it: what a server logs for CREATE TABLE … SELECT, and
// for LIKE a temporary table.
bool IsWrittenByServer(std::string_view statement);

}  // namespace millrace::ingest

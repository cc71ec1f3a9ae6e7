// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "binlog/events.h"
#include "model/flavour.h"

namespace millrace::ingest {

// The identity in an XA statement as the server spells it in the binlog, the same in START, PREPARE
// and COMMIT; empty if the statement is no XA statement.
std::string XidText(std::string_view statement);
// The same spelling of an identity that an event carries.
std::string XidText(const binlog::Xid& xid);

// `XA PREPARE …`.
bool IsXaPrepare(std::string_view statement);
// `XA COMMIT … ONE PHASE`.
bool IsXaCommitOnePhase(std::string_view statement);
// `ROLLBACK [WORK] TO …`.
bool IsRollbackToSavepoint(std::string_view statement);
// `SAVEPOINT …`.
bool IsSavepoint(std::string_view statement);
// Name in either of the two, as it is spelled; the server quotes it alike in both.
std::string SavepointName(std::string_view statement);
// What a server writes for a MEMORY table that lost its rows in a restart: a DELETE without a
// condition that says in a comment that the server made it.
bool IsMemoryTableEmptied(std::string_view statement);

// `text` as valid UTF-8: as it is if it is so already, else converted from the charset of collation
// `client_charset`, else with U+FFFD for what cannot be read.
std::string StatementText(std::string_view text, Flavour flavour, uint32_t client_charset);

}  // namespace millrace::ingest

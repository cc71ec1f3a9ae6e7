// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "binlog/events.h"

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
// What a server writes for a MEMORY table that lost its rows in a restart: a DELETE without a
// condition that says in a comment that the server made it.
bool IsMemoryTableEmptied(std::string_view statement);

}  // namespace millrace::ingest

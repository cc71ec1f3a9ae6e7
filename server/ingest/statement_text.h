// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "binlog/events.h"

namespace millrace::ingest {

// The XID in an XA statement as the server spells it in the binlog, the same in START, PREPARE and
// COMMIT; empty if the statement is not an XA statement.
std::string XidText(std::string_view statement);
// Spells the XID of an event in the same way.
std::string XidText(const binlog::Xid& xid);

// Whether it is `XA PREPARE …`.
bool IsXaPrepare(std::string_view statement);
// Whether it is `XA COMMIT … ONE PHASE`.
bool IsXaCommitOnePhase(std::string_view statement);
// Whether the server wrote it for a MEMORY table that lost its rows in a restart: a DELETE without
// a condition, with a comment saying that the server generated it.
bool IsMemoryTableEmptied(std::string_view statement);

}  // namespace millrace::ingest

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "ingest/sent_statement.h"
#include "schema/registry.h"
#include "schema/statement.h"

namespace millrace::ingest {

// Stores in the registry the column types that a MariaDB statement declares and TABLE_MAP omits, so
// that rows can be read after the source has renamed or dropped the table. Call it before
// Registry::MarkUnverified on the statement's tables. `finished`: false for an ALTER that has only
// started. Ignores tables that are not `captured`.
void NoteStatedTypes(const SentStatement& sent, const schema::Statement& statement, bool finished,
                     const std::function<bool(const TableName&)>& captured,
                     schema::Registry& registry);

}  // namespace millrace::ingest

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "ingest/sent_statement.h"
#include "schema/registry.h"
#include "schema/statement.h"

namespace millrace::ingest {

// Notes in the registry what a statement of MariaDB says of columns whose meaning no TABLE_MAP
// tells, so that rows can be read after the source has renamed or dropped their table. To be called
// before the registry is told to doubt the statement's tables. `finished`: false for an ALTER that
// has only begun. Only of tables that are `captured`.
void NoteStatedTypes(const SentStatement& sent, const schema::Statement& statement, bool finished,
                     const std::function<bool(const TableName&)>& captured,
                     schema::Registry& registry);

}  // namespace millrace::ingest

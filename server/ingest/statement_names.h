// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "mysql/name_folding.h"
#include "schema/statement.h"

namespace millrace::ingest {

// Spells the names of databases and tables in `statement` as row events do. If the spelling of one
// is unknown, the statement counts as not understood, or, if it changes rows, as naming no table.
void FoldNames(const NameFolding& names, schema::Statement& statement);

}  // namespace millrace::ingest

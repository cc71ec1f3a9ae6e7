// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "mysql/name_folding.h"
#include "schema/statement.h"

namespace millrace::ingest {

// Gives names of databases and tables in `statement` the spelling that row events have. If that
// cannot be said of one of them, the statement counts as not understood, and one that changes rows
// names no table any more.
void FoldNames(const NameFolding& names, schema::Statement& statement);

}  // namespace millrace::ingest

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "schema/statement.h"

namespace millrace::schema {

// Merges two readings of the same text. If they differ, the result is `ambiguous`: the statement
// may have changed any table of either reading in any way. Column renames come from `first`, the
// likelier reading. NotUnderstood if the readings differ too much.
Statement MergeReadings(Statement first, const Statement& other);

}  // namespace millrace::schema

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "schema/statement.h"

namespace millrace::schema {

// A statement that is `first` or `other`, which are two readings of one text. Where they differ it
// is in doubt: it may have changed any table of either, in any way. Of column names that of `first`
// is taken, the likelier. Where that leaves too much open it is NotUnderstood.
Statement MergeReadings(Statement first, const Statement& other);

}  // namespace millrace::schema

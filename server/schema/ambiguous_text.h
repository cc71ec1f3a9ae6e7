// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "schema/table_version.h"

namespace millrace::schema {

// Different values of the source may have the same text: several codes of a charset for one Unicode
// character, equal labels, a label '' of an ENUM and its error value. If several values have the
// same text, all but one of them are ambiguous.

// ENUM: for each index from 0 on, whether its value is ambiguous. SET: for each member, whether
// values with it are ambiguous. A label that is not text is never ambiguous. Takes a lock: do not
// call for each row.
std::vector<bool> AmbiguousLabels(const Column& column);

// True if the column may contain ambiguous values.
bool MayBeAmbiguous(const Column& column);

// True if the table has a key and all columns of the key are captured.
bool HasWholeKey(const TableVersion& table);

// True if different rows may have the same text in the key, or in the whole row if the table has no
// whole key.
bool KeyMayBeAmbiguous(const TableVersion& table);

}  // namespace millrace::schema

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "schema/table_version.h"

namespace millrace::schema {

// Values that the source tells apart may have one text: codes of a charset that are one character
// in Unicode, labels that are equal, a label '' of an ENUM beside its error value. Of all values of
// one text one is the plain one, the others are ambiguous.

// ENUM: for each index, 0 included, whether its value is ambiguous. SET: for each member, whether
// values that have it are. Labels that are no text have no text in common with others. Takes a
// lock: not for each row.
std::vector<bool> AmbiguousLabels(const Column& column);

// True if the column may hold ambiguous values.
bool MayBeAmbiguous(const Column& column);

// True if the table has a key, and all its columns are captured.
bool HasWholeKey(const TableVersion& table);

// True if the text alone does not tell rows of the table apart: that of the key, or of the whole
// row if it has none that is captured.
bool KeyMayBeAmbiguous(const TableVersion& table);

}  // namespace millrace::schema

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/table_version.h"

namespace millrace::schema {

// Protobuf's bounds of a field number, and the range inside them that it keeps for itself.
constexpr uint32_t kFieldNumberMax = 536'870'911;
constexpr uint32_t kFieldNumbersReservedFirst = 19'000;
constexpr uint32_t kFieldNumbersReservedLast = 19'999;

// The type a field goes on with when its column, so far `old_type`, becomes `wanted`: the wider of
// two integer types, if one holds all values of the other and both read the other's bytes. Nothing
// if the column must take a new field.
std::optional<FieldType> ContinuedType(FieldType old_type, FieldType wanted);

// Gives the captured columns of `next` field numbers and names. Columns are found by name in
// `previous` (null for a new table): a column that is there, or was once, keeps its field if
// ContinuedType allows; all others take the next free number. Fills `dropped_columns` and
// `next_field_number`. Columns of `next` that already have a number and a name keep them.
void AssignFields(const TableVersion* previous, TableVersion& next);

// The version after `previous` in which columns have other names and kept their fields: pairs are
// (from, to) of one statement, and take effect together. A column that already has the name `to`
// and is not renamed itself must have gone in the same statement. Nothing if no pair fits.
std::optional<TableVersion> WithRenamedColumns(
    const TableVersion& previous, const std::vector<std::pair<std::string, std::string>>& renames);

}  // namespace millrace::schema

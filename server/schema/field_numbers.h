// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/table_version.h"

namespace millrace::schema {

// Protobuf's greatest field number, and the range that it reserves.
constexpr uint32_t kFieldNumberMax = 536'870'911;
constexpr uint32_t kFieldNumbersReservedFirst = 19'000;
constexpr uint32_t kFieldNumbersReservedLast = 19'999;

// The type of a field after its column changed from `old_type` to `wanted`. For two integer types
// it is the wider, if that represents all values of the other and both have the same wire format.
// nullopt: the column needs a new field.
std::optional<FieldType> ContinuedType(FieldType old_type, FieldType wanted);

// Assigns field numbers and names to the captured columns of `next`. A column with the name of a
// present or dropped column of `previous` (null for a new table) continues its field if
// ContinuedType allows; all others take the next free number. Columns of `next` that already have a
// number and a name keep them. Fills `dropped_columns` and `next_field_number`.
void AssignFields(const TableVersion* previous, TableVersion& next);

// The version after `previous` with columns renamed and their fields kept. `renames` are the
// (from, to) pairs of one statement and take effect together. A column that already has the name
// `to` and is not renamed itself must have been dropped by the same statement. nullopt if the
// pairs change nothing.
std::optional<TableVersion> WithRenamedColumns(
    const TableVersion& previous, const std::vector<std::pair<std::string, std::string>>& renames);

}  // namespace millrace::schema

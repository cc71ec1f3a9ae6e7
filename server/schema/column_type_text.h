// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "binlog/table_map.h"
#include "schema/table_version.h"

namespace millrace::schema {

// True for the types whose values are in a charset: CHAR, VARCHAR, TEXT and their binary kin, ENUM,
// SET.
bool HasCharset(ColumnType type);
bool IsInteger(ColumnType type);
bool IsEnumOrSet(ColumnType type);

// Longest value of a CHAR, VARCHAR or their binary kin in bytes, by the metadata of TABLE_MAP: a
// compressed VARCHAR counts its mark of compression as one byte more.
uint32_t ValueBytesMax(ColumnType type, uint16_t metadata);

// The protobuf type that a column of `type` takes when it is seen for the first time. Nothing for
// types no row can be read of (DECIMAL of MySQL 4, TYPED_ARRAY).
std::optional<FieldType> FieldTypeOf(const Column& column);

// The column's type as MySQL prints it, as far as `map` and `column` (but for its mysql_type) tell:
// display widths, ZEROFILL and (MariaDB) JSON are not in a binlog.
std::string TypeText(const binlog::ColumnMap& map, const Column& column);

}  // namespace millrace::schema

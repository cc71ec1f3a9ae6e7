// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "binlog/table_map.h"
#include "schema/table_version.h"

namespace millrace::schema {

// True for types with a charset: CHAR, VARCHAR, TEXT and their binary forms, ENUM, SET.
bool HasCharset(ColumnType type);
bool IsInteger(ColumnType type);
bool IsEnumOrSet(ColumnType type);

// Longest value in bytes of a CHAR, VARCHAR, BINARY or VARBINARY with this TABLE_MAP metadata. The
// metadata of a compressed VARCHAR includes one byte for the compression header.
uint32_t ValueBytesMax(ColumnType type, uint16_t metadata);

// The protobuf type of a new column. nullopt for types whose values cannot be read (DECIMAL of
// MySQL 4, TYPED_ARRAY).
std::optional<FieldType> FieldTypeOf(const Column& column);

// The column's type as MySQL prints it, made from `map` and `column` (except its mysql_type).
// Display widths, ZEROFILL and MariaDB's JSON are not in a binlog.
std::string TypeText(const binlog::ColumnMap& map, const Column& column);

}  // namespace millrace::schema

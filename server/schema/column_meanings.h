// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "model/table_name.h"
#include "schema/statement.h"
#include "schema/table_version.h"

namespace millrace::schema {

// The columns of a table with a meaning that no TABLE_MAP shows, by ColumnKey. All other columns
// are plain.
using ColumnMeanings = std::map<std::string, Meaning>;

// The meanings that a CREATE TABLE declares. Neither field is set if its text does not show them.
struct CreatedMeanings {
  std::optional<ColumnMeanings> meanings;
  std::optional<TableName> like;  // same meanings as this table; the name as typed
};
// Requires: Classify found `text` to be a CREATE TABLE of MariaDB.
CreatedMeanings MeaningsInCreate(std::string_view text, std::string_view default_database,
                                 const StatementSession& session);

// False if `text`, an ALTER TABLE of MariaDB, changes no meanings. It may still rename columns.
bool MayChangeMeanings(std::string_view text, const StatementSession& session);

// The column meanings of a version. nullopt: the meaning of an uncaptured column is unknown.
std::optional<ColumnMeanings> MeaningsOf(const TableVersion& version);

}  // namespace millrace::schema

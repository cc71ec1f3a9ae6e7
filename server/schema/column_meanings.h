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

// The columns of a table that have a meaning which no TABLE_MAP tells, by ColumnKey. All others are
// plain.
using ColumnMeanings = std::map<std::string, Meaning>;

// What a CREATE TABLE says of them. Neither: its text does not tell.
struct CreatedMeanings {
  std::optional<ColumnMeanings> meanings;
  std::optional<TableName> like;  // as in that table; its name as it was typed
};
// `text` is a CREATE TABLE of MariaDB, as Classify found.
CreatedMeanings MeaningsInCreate(std::string_view text, std::string_view default_database,
                                 const StatementSession& session);

// False: `text`, an ALTER TABLE of MariaDB, leaves the meanings of columns as they are, but for
// their names.
bool MayChangeMeanings(std::string_view text, const StatementSession& session);

// What the columns of a version mean. Nothing: of one that was not captured it is not known.
std::optional<ColumnMeanings> MeaningsOf(const TableVersion& version);

}  // namespace millrace::schema

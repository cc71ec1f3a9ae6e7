// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/table_name.h"
#include "schema/statement.h"

namespace millrace::schema {

// What the options of a CREATE or ALTER TABLE say of a MERGE table. Nothing: they do not say it.
struct MergeOptions {
  std::optional<bool> merge;  // by ENGINE
  // UNION, with the default database filled in; names as they were typed. A server also takes it,
  // to no effect, for tables of other engines.
  std::optional<std::vector<TableName>> members;
  friend bool operator==(const MergeOptions&, const MergeOptions&) = default;
};

// Nothing at all: the text is not understood.
std::optional<MergeOptions> MergeOptionsOf(std::string_view text, std::string_view default_database,
                                           const StatementSession& session);

}  // namespace millrace::schema

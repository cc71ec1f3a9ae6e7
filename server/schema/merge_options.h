// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/table_name.h"
#include "schema/statement.h"

namespace millrace::schema {

// The options of a CREATE or ALTER TABLE that concern MERGE tables. nullopt: the option is absent.
struct MergeOptions {
  std::optional<bool> merge;  // ENGINE is MERGE
  // The tables of UNION, with the default database filled in and names as typed. Servers accept
  // UNION for other engines and ignore it.
  std::optional<std::vector<TableName>> members;
  friend bool operator==(const MergeOptions&, const MergeOptions&) = default;
};

// nullopt: the text is not understood.
std::optional<MergeOptions> MergeOptionsOf(std::string_view text, std::string_view default_database,
                                           const StatementSession& session);

}  // namespace millrace::schema

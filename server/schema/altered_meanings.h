// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string_view>

#include "schema/column_meanings.h"
#include "schema/statement.h"

namespace millrace::schema {

// The column meanings of a table after `text`, an ALTER TABLE of MariaDB. `before`: the meanings
// before the statement. nullopt: the text does not show the new meanings.
std::optional<ColumnMeanings> MeaningsAfterAlter(std::string_view text,
                                                 const ColumnMeanings& before,
                                                 const StatementSession& session);

}  // namespace millrace::schema

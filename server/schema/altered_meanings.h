// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string_view>

#include "schema/column_meanings.h"
#include "schema/statement.h"

namespace millrace::schema {

// The column meanings of a table after `text`, an ALTER TABLE of MariaDB; `before` are those before
// it. nullopt: the text does not show them.
std::optional<ColumnMeanings> MeaningsAfterAlter(std::string_view text,
                                                 const ColumnMeanings& before,
                                                 const StatementSession& session);

}  // namespace millrace::schema

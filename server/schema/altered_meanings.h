// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string_view>

#include "schema/column_meanings.h"
#include "schema/statement.h"

namespace millrace::schema {

// What the columns of a table mean after `text`, an ALTER TABLE of MariaDB; `before` is what they
// meant. Nothing: its text does not tell.
std::optional<ColumnMeanings> MeaningsAfterAlter(std::string_view text,
                                                 const ColumnMeanings& before,
                                                 const StatementSession& session);

}  // namespace millrace::schema

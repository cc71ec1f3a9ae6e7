// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>

#include "condition/bind.h"
#include "schema/table_version.h"

namespace millrace::condition {

// The condition as an SQL expression for the source. Requires: the condition was bound to
// `columns`, from which the names come. Text and bytes are hexadecimal; numbers, dates and
// addresses are in normalized form. So the expression does not depend on sql_mode and contains no
// unchecked text of a client. Literals take the collation of their column. An index on the column
// stays usable, except for FLOAT. The session must be in UTC and allow dates that do not exist
// (RowReadingSettings of mysql/session_settings.h).
std::string ToSql(const BoundCondition& condition, std::span<const schema::Column> columns);

}  // namespace millrace::condition

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>

#include "condition/bind.h"
#include "schema/table_version.h"

namespace millrace::condition {

// The condition as an expression for the source. Names are those of `columns`, which the condition
// was bound to; text and bytes are hexadecimal, so nothing depends on the session's sql_mode, and
// no byte of a client's text is copied into it. A literal takes the collation of its column,
// and leaves an index on the column usable but for FLOAT. The session must be in UTC and admit
// dates that do not exist (RowReadingSettings of mysql/session_settings.h).
std::string ToSql(const BoundCondition& condition, std::span<const schema::Column> columns);

}  // namespace millrace::condition

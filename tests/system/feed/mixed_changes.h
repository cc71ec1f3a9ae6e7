// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "support/sql_session.h"
#include "system/raw_feed.h"

namespace millrace::testing {

// Commits more than 2,000 changes to several tables of database `shop`, with definitions and
// transactions of all sizes among them, and changes to database `elsewhere` in between.
void MakeMixedChanges(SqlSession& sql);

// Number of changes of tables in database `shop`.
size_t CountOfShop(const std::vector<RawChange>& changes);

}  // namespace millrace::testing

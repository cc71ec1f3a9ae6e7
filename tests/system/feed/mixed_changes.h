// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "support/sql_session.h"
#include "system/raw_feed.h"

namespace millrace::testing {

// Commits more than 2,000 changes to database `shop`, of several tables, with definitions and
// transactions of all sizes among them, and others to database `elsewhere` in between.
void MakeMixedChanges(SqlSession& sql);

// Those of the tables of database `shop`.
size_t CountOfShop(const std::vector<RawChange>& changes);

}  // namespace millrace::testing

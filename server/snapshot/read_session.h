// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "base/clock.h"
#include "mysql/connection.h"

namespace millrace::snapshot {

// Makes the session of `connection` one that reads tables: values come as SelectPlan wants them,
// and a query that takes longer than `query_time_max` is ended by the source.
absl::Status PrepareReads(Connection& connection, Micros query_time_max);

// Changes the limit; 0 is none.
absl::Status LimitQueries(Connection& connection, Micros query_time_max);

}  // namespace millrace::snapshot

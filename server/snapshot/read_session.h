// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "base/clock.h"
#include "mysql/connection.h"

namespace millrace::snapshot {

// Prepares the session of `connection` for reading tables: values have the form that SelectPlan
// expects, and the source aborts queries longer than `query_time_max`.
absl::Status PrepareReads(Connection& connection, Micros query_time_max);

// Changes the limit; 0: none.
absl::Status LimitQueries(Connection& connection, Micros query_time_max);

}  // namespace millrace::snapshot

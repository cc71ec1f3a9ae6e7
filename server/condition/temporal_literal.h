// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "condition/value.h"

namespace millrace::condition {

// FitValue for DATE, TIME, DATETIME and TIMESTAMP. A string in quotes has the form that SELECT
// prints; that of a DATETIME or TIMESTAMP may lack the time, which is midnight then. Dates that do
// not exist, such as 2024-00-00 and 2023-02-31, are values of DATE and DATETIME. TIMESTAMP is UTC.
absl::StatusOr<Value> FitTemporal(const Literal& literal, const schema::Column& column);

}  // namespace millrace::condition

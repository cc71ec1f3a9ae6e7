// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "condition/value.h"

namespace millrace::condition {

// FitValue for DATE, TIME, DATETIME and TIMESTAMP. A string in quotes must have the form that
// SELECT prints; a DATETIME or TIMESTAMP without a time means midnight. DATE and DATETIME accept
// dates that do not exist, such as 2024-00-00 and 2023-02-31. TIMESTAMP is in UTC.
absl::StatusOr<Value> FitTemporal(const Literal& literal, const schema::Column& column);

}  // namespace millrace::condition

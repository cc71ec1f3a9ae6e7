// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"

namespace millrace::command {

// A failure as one line for the user: what failed, where, and what to do now.
std::string Explain(const absl::Status& failure, const std::string& address);

// What a failure of the connection comes down to: `Connection refused`.
std::string InnermostCause(const absl::Status& failure);

}  // namespace millrace::command

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace millrace::command {

// A failure as one line for the user: what failed, where, and what to do now.
std::string Explain(const absl::Status& failure, const std::string& address);

// A failure after which a stream connects again, as one line.
std::string RetryNote(const absl::Status& failure, const std::string& address, absl::Duration wait);

// What a failure of the connection comes down to: `Connection refused`.
std::string InnermostCause(const absl::Status& failure);

}  // namespace millrace::command

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace millrace::command {

// Describes a failure in one line: what failed, where, and what to do now.
std::string Explain(const absl::Status& failure, const std::string& address);

// Describes in one line a failure after which a stream reconnects.
std::string RetryNote(const absl::Status& failure, const std::string& address, absl::Duration wait);

// Returns the innermost cause of a connection failure, such as `Connection refused`.
std::string InnermostCause(const absl::Status& failure);

}  // namespace millrace::command

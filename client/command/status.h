// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "millrace/v1/admin.pb.h"
#include "session.h"

namespace millrace::command {

struct StatusOptions {
  bool json = false;
  // Refresh each second until a signal.
  bool watch = false;
};

// Prints the server's status.
absl::Status ShowStatus(const Session& session, const StatusOptions& options);

// The status as readable text. Ages are relative to `now`.
std::string StatusText(const v1::GetStatusResponse& status, const std::string& address,
                       absl::Time now, const Paint& paint);

}  // namespace millrace::command

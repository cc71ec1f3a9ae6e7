// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "millrace/v1/admin.pb.h"
#include "session.h"

namespace millrace::command {

struct StatusOptions {
  bool json = false;
  // Anew each second until a signal.
  bool watch = false;
};

// Prints how the server is.
absl::Status ShowStatus(const Session& session, const StatusOptions& options);

// The status as a page of text for people. `now` is what ages are counted from.
std::string StatusText(const v1::GetStatusResponse& status, const std::string& address,
                       absl::Time now, const Paint& paint);

}  // namespace millrace::command

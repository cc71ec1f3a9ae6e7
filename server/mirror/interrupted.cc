// SPDX-License-Identifier: Apache-2.0

#include "mirror/interrupted.h"

#include "base/error.h"
#include "base/reason.h"

namespace millrace::mirror {

absl::Status Interrupted() { return absl::CancelledError("the mirror is stopping"); }
bool IsInterrupted(const absl::Status& status) {
  return status.code() == absl::StatusCode::kCancelled;
}

absl::Status Stopping() { return MakeError(reason::kStopping, "the server is stopping"); }

}  // namespace millrace::mirror

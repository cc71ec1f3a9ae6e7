// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"

namespace millrace::mirror {

// kCancelled: the mirror was asked to stop. Internal; never reported to a caller.
absl::Status Interrupted();
bool IsInterrupted(const absl::Status& status);
// The same for callers that wait for a result: kUnavailable STOPPING.
absl::Status Stopping();

}  // namespace millrace::mirror

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"

namespace millrace::mirror {

// The mirror was asked to stop; not reported to anybody.
absl::Status Interrupted();
bool IsInterrupted(const absl::Status& status);
// Reported to callers that wait for an answer: kUnavailable STOPPING.
absl::Status Stopping();

}  // namespace millrace::mirror

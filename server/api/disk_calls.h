// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "feed/disk_readers.h"

namespace millrace::api {

// OK if the call may read the disk; otherwise its refusal: UNAVAILABLE NOT_READY, STOPPING.
absl::Status RefusalOf(feed::DiskReaders::Admission admission);

}  // namespace millrace::api

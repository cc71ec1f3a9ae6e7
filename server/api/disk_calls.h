// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "feed/disk_readers.h"

namespace millrace::api {

// OK if it is the admission of a call to read; else why it is refused: UNAVAILABLE NOT_READY,
// STOPPING.
absl::Status RefusalOf(feed::DiskReaders::Admission admission);

}  // namespace millrace::api

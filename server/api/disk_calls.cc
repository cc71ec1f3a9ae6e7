// SPDX-License-Identifier: Apache-2.0

#include "api/disk_calls.h"

#include "api/call_thread.h"
#include "api/error_map.h"
#include "base/check.h"

namespace millrace::api {

absl::Status RefusalOf(feed::DiskReaders::Admission admission) {
  switch (admission) {
    case feed::DiskReaders::Admission::kRead:
      return absl::OkStatus();
    case feed::DiskReaders::Admission::kBusy:
      return TooManyCalls("the disk");
    case feed::DiskReaders::Admission::kStopping:
      return StoppingError();
  }
  MILLRACE_UNREACHABLE();
}

}  // namespace millrace::api

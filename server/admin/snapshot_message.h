// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "millrace/v1/admin.pb.h"
#include "snapshot/job_status.h"

namespace millrace::admin {

// Converts a snapshot to the API message.
v1::Snapshot SnapshotMessage(const snapshot::JobStatus& status);

}  // namespace millrace::admin

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "admin/status_reading.h"
#include "millrace/v1/admin.pb.h"

namespace millrace::admin {

// The reading as GetStatus returns it, without what is not read at one moment: version, start, log
// id, tokens, rates and the error of planned snapshots.
v1::GetStatusResponse StatusMessage(const StatusReading& reading);

// True for a snapshot that ended.
bool IsOver(const v1::Snapshot& snapshot);

}  // namespace millrace::admin

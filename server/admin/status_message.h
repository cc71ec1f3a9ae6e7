// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "admin/status_reading.h"
#include "millrace/v1/admin.pb.h"

namespace millrace::admin {

// Converts the reading to GetStatusResponse, without the fields that are not part of the reading:
// version, start time, log id, tokens, rates, and the error of planned snapshots.
v1::GetStatusResponse StatusMessage(const StatusReading& reading);

// True if the snapshot has ended.
bool IsOver(const v1::Snapshot& snapshot);

}  // namespace millrace::admin

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kafka/mirror_status.h"
#include "millrace/v1/admin.pb.h"

namespace millrace::admin {

// The status of the mirror in the form of the API.
v1::MirrorStatus MirrorMessage(const kafka::MirrorStatus& status);

}  // namespace millrace::admin

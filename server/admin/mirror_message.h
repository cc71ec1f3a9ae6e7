// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "millrace/v1/admin.pb.h"
#include "mirror/mirror_status.h"

namespace millrace::admin {

// Converts the mirror's status to the API message.
v1::MirrorStatus MirrorMessage(const mirror::MirrorStatus& status);

}  // namespace millrace::admin

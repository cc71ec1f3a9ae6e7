// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "millrace/v1/admin.pb.h"
#include "mirror/mirror_status.h"

namespace millrace::admin {

// The status of the mirror in the form of the API.
v1::MirrorStatus MirrorMessage(const mirror::MirrorStatus& status);

}  // namespace millrace::admin

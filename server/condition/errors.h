// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "base/error.h"

namespace millrace::condition {

// Every failure that leaves this room: kInvalidArgument CONDITION_INVALID. `offset` counts bytes of
// the condition's text.
absl::Status InvalidAt(size_t offset, std::string_view problem, ErrorMetadata metadata = {});

// Why a literal is no value of a column, before it is known where it stands: no reason yet.
absl::Status DoesNotFit(std::string_view problem);

}  // namespace millrace::condition

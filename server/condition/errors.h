// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "base/error.h"

namespace millrace::condition {

// The error for every failure in this room: kInvalidArgument CONDITION_INVALID. `offset` is in
// bytes of the condition's text.
absl::Status InvalidAt(size_t offset, std::string_view problem, ErrorMetadata metadata = {});

// The error for a literal that is not a value of its column. It has no reason and offset yet.
absl::Status DoesNotFit(std::string_view problem);

}  // namespace millrace::condition

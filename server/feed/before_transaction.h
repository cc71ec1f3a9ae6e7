// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "feed/position.h"
#include "log/frame.h"

namespace millrace::feed {

// OUT_OF_RANGE POSITION_NOT_FOUND.
absl::Status PositionNotFound(std::string_view what);

// The place before the transaction of `segment`, whose first change is `first`. POSITION_NOT_FOUND:
// part of the transaction is trimmed.
absl::StatusOr<Place> BeforeTransaction(const Feed& feed, const log::Segment& segment,
                                        Sequence first);

}  // namespace millrace::feed

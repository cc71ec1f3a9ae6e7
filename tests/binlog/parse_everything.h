// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "binlog/event.h"
#include "model/flavour.h"

namespace millrace::binlog {

// Parses an event of any type, including the events inside it. Touches every byte of each view in a
// result, so that a sanitizer detects a view beyond its event. Stops at the first error.
absl::Status ParseEverything(const Event& event, Flavour flavour);

}  // namespace millrace::binlog

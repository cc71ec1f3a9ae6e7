// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "binlog/event.h"
#include "model/flavour.h"

namespace millrace::binlog {

// Parses whatever `event` is, down to the events inside it, and touches every byte that a result
// views, so that a sanitizer sees a view that leaves its event. The first error ends it.
absl::Status ParseEverything(const Event& event, Flavour flavour);

}  // namespace millrace::binlog

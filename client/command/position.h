// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "place.h"
#include "session.h"

namespace millrace::command {

// Prints the token of a place, the last sequence before it and the GTIDs up to it.
absl::Status ShowPosition(const Session& session, const Place& place, bool json);

}  // namespace millrace::command

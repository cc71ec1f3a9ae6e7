// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "place.h"
#include "session.h"

namespace millrace::command {

// Prints the positions that the server stores by name.
absl::Status ShowSubscriptions(const Session& session, bool json);

// Stores `place` under `name`.
absl::Status CommitSubscription(const Session& session, const std::string& name,
                                const Place& place);

// Deletes `name` and its position.
absl::Status DeleteSubscription(const Session& session, const std::string& name);

// Subscriptions as lines of text.
std::string SubscriptionsText(const v1::ListSubscriptionsResponse& subscriptions, absl::Time now,
                              const Paint& paint);

}  // namespace millrace::command

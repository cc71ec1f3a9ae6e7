// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "millrace/client.h"

namespace millrace::command {

// A place in the log as a user writes it.
struct Place {
  enum class Kind { kEarliest, kLatest, kSnapshot, kTime, kGtidSet, kSubscription, kToken };
  Kind kind = Kind::kLatest;
  std::string text;  // for kGtidSet, kSubscription and kToken
  google::protobuf::Timestamp time;
  // The text matches no other form, so it is treated as a token, but may be a mistake.
  bool assumed_token = false;
};

// The forms of a place, for help and errors.
inline constexpr char kPlaceForms[] =
    "earliest, latest, an RFC 3339 time, how long ago (90s, 30m, 1h, 2d), a GTID set, "
    "subscription:NAME or a token";

// Parses `snapshot` or one of the forms above. The prefixes `gtid:` and `token:` resolve ambiguous
// texts. `1h` means an hour before `now`.
// kInvalidArgument: a time without a zone, a date alone, a time in the future, or an empty name.
absl::StatusOr<Place> ParsePlace(std::string_view text, absl::Time now = absl::Now());

// Resolves the place with the server. A subscription without a stored position means EARLIEST, as
// in Subscribe. kInvalidArgument: kSnapshot, which is not a single place.
absl::StatusOr<v1::GetPositionResponse> Resolve(const Place& place, const client::Client& client);

}  // namespace millrace::command

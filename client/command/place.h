// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "millrace/client.h"

namespace millrace::command {

// A place in the log as a user writes it.
struct Place {
  enum class Kind { kEarliest, kLatest, kSnapshot, kTime, kGtidSet, kSubscription, kToken };
  Kind kind = Kind::kLatest;
  std::string text;  // of kGtidSet, kSubscription and kToken
  google::protobuf::Timestamp time;
};

// Reads `earliest`, `latest`, `snapshot`, an RFC 3339 time, a GTID set, `subscription:NAME` or a
// token. `gtid:` and `token:` before a text say what it is where that cannot be seen.
// kInvalidArgument: a time without a zone, or an empty name.
absl::StatusOr<Place> ParsePlace(std::string_view text);

// Asks the server for the place. A subscription without a stored position is at EARLIEST, as it is
// for Subscribe. kInvalidArgument: kSnapshot, which is no single place.
absl::StatusOr<v1::GetPositionResponse> Resolve(const Place& place, const client::Client& client);

}  // namespace millrace::command

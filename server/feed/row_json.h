// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "feed/json_form.h"
#include "millrace/v1/change_feed.pb.h"
#include "schema/registry.h"
#include "schema/version_cache.h"

namespace millrace::feed {

// Converts typed rows to JSON for subscribers that request it. The keys are the column names of the
// table version at the change's own sequence, so a change always converts to the same JSON, even
// after an ALTER. Caches the forms of the versions used so far. Not thread-safe.
class RowJson {
 public:
  // `registry` must outlive the converter.
  explicit RowJson(const schema::Registry& registry) : registry_(registry) {}

  // Parses the wire form of SubscribeResponse.transactions and returns it with JSON instead of Any.
  // kDataLoss LOG_DAMAGED: the bytes do not parse.
  absl::StatusOr<v1::SubscribeResponse> Convert(std::string_view transactions);

 private:
  absl::Status ConvertChange(v1::Change& change);
  absl::Status AppendRow(Sequence sequence, const google::protobuf::Any& row, std::string& json);

  const schema::Registry& registry_;
  schema::VersionCache<JsonForm> forms_;
};

}  // namespace millrace::feed

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "feed/row_types.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::feed {

// Turns typed rows into JSON for subscribers that ask for it: protobuf's JSON form, keyed by column
// name. Keeps the row types of the stream at hand. Not thread-safe.
class RowJson {
 public:
  // `types` must outlive it.
  explicit RowJson(RowTypes& types) : types_(types) {}

  // Parses the wire form of SubscribeResponse.transactions and answers the same with JSON instead
  // of Any. kDataLoss LOG_DAMAGED: the bytes are not what they should be.
  absl::StatusOr<v1::SubscribeResponse> Convert(std::string_view transactions);

 private:
  absl::StatusOr<std::string> RowAsJson(const google::protobuf::Any& row);

  RowTypes& types_;
};

}  // namespace millrace::feed

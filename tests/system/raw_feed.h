// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "millrace/v1/change_feed.grpc.pb.h"
#include "millrace/v1/error.pb.h"

namespace millrace::testing {

// One change with its transaction, as bytes to compare. Does not record which response the change
// came in.
struct RawChange {
  uint64_t sequence = 0;
  std::string bytes;   // of the Change
  std::string header;  // of the Transaction, without `more` and changes
  std::string table;   // `database.table`
  v1::Operation operation = v1::OPERATION_UNSPECIFIED;
  std::string gtid;
  int64_t commit_micros = 0;
  friend bool operator==(const RawChange& one, const RawChange& other) {
    return one.bytes == other.bytes && one.header == other.header;
  }
};

// Everything that a stream delivered until it ended.
struct RawRead {
  std::vector<RawChange> changes;
  // Each token with the number of changes that came before it.
  std::vector<std::pair<std::string, size_t>> tokens;
  // Numbers of changes after which a transaction was complete.
  std::vector<size_t> ends;
  grpc::Status status;
  v1::ErrorDetail error;
};

// Calls without the client library: no retries, bytes as received.
class RawFeed {
 public:
  explicit RawFeed(
      const std::string& address,
      std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials());

  // Reads until the stream ends, at `request.until_token` or with an error, for a minute at most.
  RawRead Read(const v1::SubscribeRequest& request);
  v1::ChangeFeed::Stub& stub() { return *stub_; }
  // The detail of a failed call.
  static v1::ErrorDetail ErrorOf(const grpc::ClientContext& context);

 private:
  std::unique_ptr<v1::ChangeFeed::Stub> stub_;
};

// Adds a response to `read`.
void AddResponse(const v1::SubscribeResponse& response, RawRead& read);

}  // namespace millrace::testing

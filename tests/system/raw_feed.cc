// SPDX-License-Identifier: Apache-2.0

#include "system/raw_feed.h"

#include <chrono>

#include "google/protobuf/util/time_util.h"

namespace millrace::testing {

RawFeed::RawFeed(const std::string& address,
                 std::shared_ptr<grpc::ChannelCredentials> credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // Each RawFeed has its own connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  stub_ = v1::ChangeFeed::NewStub(grpc::CreateCustomChannel(address, credentials, arguments));
}

void AddResponse(const v1::SubscribeResponse& response, RawRead& read) {
  for (const v1::Transaction& transaction : response.transactions()) {
    v1::Transaction header = transaction;
    header.clear_changes();
    header.clear_more();
    const std::string header_bytes = header.SerializeAsString();
    for (const v1::Change& change : transaction.changes()) {
      read.changes.push_back(
          {.sequence = change.sequence(),
           .bytes = change.SerializeAsString(),
           .header = header_bytes,
           .table = change.database() + "." + change.table(),
           .operation = change.operation(),
           .gtid = transaction.gtid(),
           .commit_micros = google::protobuf::util::TimeUtil::TimestampToMicroseconds(
               transaction.commit_time())});
    }
    if (!transaction.more()) read.ends.push_back(read.changes.size());
  }
  read.tokens.emplace_back(response.resume_token(), read.changes.size());
}

v1::ErrorDetail RawFeed::ErrorOf(const grpc::ClientContext& context) {
  v1::ErrorDetail detail;
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto found = metadata.find("millrace-error-bin");
  if (found != metadata.end()) {
    detail.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()));
  }
  return detail;
}

RawRead RawFeed::Read(const v1::SubscribeRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
  const auto stream = stub_->Subscribe(&context, request);
  RawRead read;
  v1::SubscribeResponse response;
  while (stream->Read(&response)) AddResponse(response, read);
  read.status = stream->Finish();
  if (!read.status.ok()) read.error = ErrorOf(context);
  return read;
}

}  // namespace millrace::testing

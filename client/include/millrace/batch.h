// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "google/protobuf/arena.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::client {

// The content of one response: committed transactions in commit order, and the token that resumes
// right after them. An idle stream delivers batches without transactions; their token is still
// worth storing.
//
// Movable. References that it returns are valid as long as the batch.
class Batch {
 public:
  Batch()
      : arena_(std::make_unique<google::protobuf::Arena>()),
        response_(google::protobuf::Arena::CreateMessage<v1::SubscribeResponse>(arena_.get())) {}

  // If the last transaction has `more` set, the first one of the next batch continues it.
  const google::protobuf::RepeatedPtrField<v1::Transaction>& transactions() const {
    return response_->transactions();
  }
  // Never empty in a batch that Subscription::Next returned.
  const std::string& resume_token() const { return response_->resume_token(); }
  // The server's progress, if the response contains it.
  bool has_progress() const { return response_->has_progress(); }
  const v1::Progress& progress() const { return response_->progress(); }

  const v1::SubscribeResponse& response() const { return *response_; }
  v1::SubscribeResponse* mutable_response() { return response_; }

 private:
  // Allocates and frees the thousands of small messages of a batch together.
  std::unique_ptr<google::protobuf::Arena> arena_;
  v1::SubscribeResponse* response_;  // owned by arena_
};

}  // namespace millrace::client

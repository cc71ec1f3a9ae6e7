// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "google/protobuf/arena.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::client {

// What one response brought: committed transactions in commit order, and the token that resumes
// right after them. Either may come without the other being news: an idle stream brings batches
// without transactions, whose token still is worth storing.
//
// Movable; what it returns lives as long as the batch.
class Batch {
 public:
  Batch()
      : arena_(std::make_unique<google::protobuf::Arena>()),
        response_(google::protobuf::Arena::CreateMessage<v1::SubscribeResponse>(arena_.get())) {}

  // The last of them is continued by the first of the next batch if its `more` is set.
  const google::protobuf::RepeatedPtrField<v1::Transaction>& transactions() const {
    return response_->transactions();
  }
  // Never empty in a batch that Subscription::Next returned.
  const std::string& resume_token() const { return response_->resume_token(); }
  // How far the server is, if the response told.
  bool has_progress() const { return response_->has_progress(); }
  const v1::Progress& progress() const { return response_->progress(); }

  const v1::SubscribeResponse& response() const { return *response_; }
  v1::SubscribeResponse* mutable_response() { return response_; }

 private:
  // A batch may hold thousands of small messages: they are allocated and freed together.
  std::unique_ptr<google::protobuf::Arena> arena_;
  v1::SubscribeResponse* response_;  // owned by arena_
};

}  // namespace millrace::client

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "millrace/backoff.h"
#include "millrace/batch.h"
#include "millrace/v1/change_feed.grpc.pb.h"

namespace millrace::client {

// What to subscribe to, and how hard to try.
struct SubscribeOptions {
  // Start, tables, operations, encoding: as the API has them. The server validates.
  v1::SubscribeRequest request;
  RetryOptions retry;
  // Called from within Next and Open before each wait: what failed and how long the wait is.
  // Optional; for a log line or a metric.
  std::function<void(const absl::Status& failure, absl::Duration wait)> on_retry;
  // Waits between attempts in place of a real wait, which Cancel would end early. For tests.
  std::function<void(absl::Duration wait)> sleeper;
};

// Purpose: one stream of changes that outlives connections and servers. It is pulled: each Next
// gives one batch. When the connection is lost it connects again, with backoff, and resumes right
// after the last batch that Next gave, so that no batch is given twice and none is left out. A
// start at LATEST is turned into a token first, so that a loss before the first batch loses
// nothing.
//
// A start at SNAPSHOT gives the rows that the tables hold as READ changes, then the stream. While
// the server must read the source first, batches hold progress alone. A loss among the rows resumes
// among them.
//
// Example: see client/examples/cpp/tail_customers.cc.
//
// Exactly once: store a batch's resume_token() in the same database transaction as the effect of
// its changes, and pass the stored token as `request.resume_token` after a restart.
//
// Thread safety: Open and Next from one thread at a time. Cancel from any thread, at any time.
// Background threads: none. A stream that is not pulled is held back by flow control and costs
// neither side memory.
//
// Errors: failures of the connection, UNAVAILABLE, STREAM_LIMIT and CATCHUP_LIMIT are waited out as
// RetryOptions say. All others are final: TOKEN_TRIMMED, TOKEN_AHEAD, SNAPSHOT_EXPIRED,
// TABLE_UNKNOWN, LOG_DAMAGED … (see ErrorDetailOf). kCancelled: Cancel was called. After a final
// result Next repeats it.
class Subscription {
 public:
  // Use Client::Subscribe; this one is for a stub of one's own.
  Subscription(std::shared_ptr<v1::ChangeFeed::StubInterface> stub, SubscribeOptions options);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Fixes the place to start from. Only needed where LATEST must mean this moment rather than the
  // moment of the first Next, which otherwise does it.
  absl::Status Open();

  // Waits for the next batch. Nothing: all up to `request.until_token` was given.
  absl::StatusOr<std::optional<Batch>> Next();

  // Ends a Next that waits, and all later ones, with kCancelled.
  void Cancel();

  // Resumes after the last batch that Next gave. Empty before the first, unless the start was a
  // token or LATEST.
  const std::string& resume_token() const { return request_.resume_token(); }

 private:
  using Stream = grpc::ClientReaderInterface<v1::SubscribeResponse>;

  bool StartsAtLatest() const;
  absl::Status FetchLatestToken();
  // The context of a new call that Cancel can reach; nothing if Cancel was called.
  std::shared_ptr<grpc::ClientContext> BeginCall();
  void Connect();
  absl::Status Disconnect();
  // Each of these: the final status, or nothing if the stream goes on.
  std::optional<absl::Status> Accept(const Batch& batch);
  std::optional<absl::Status> HandleStreamEnd(const absl::Status& ended);
  std::optional<absl::Status> WaitToRetry(const absl::Status& failure);

  const std::shared_ptr<v1::ChangeFeed::StubInterface> stub_;
  const SubscribeOptions options_;

  // Of the thread that calls Next.
  v1::SubscribeRequest request_;
  Backoff backoff_;
  std::unique_ptr<Stream> stream_;
  std::optional<absl::Status> final_;

  absl::Notification cancelled_;
  absl::Mutex mutex_;
  // Of the call that runs now or ran last.
  std::shared_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::client

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

struct SubscribeOptions {
  // Start, tables, operations, encoding: see the API. The server validates them.
  v1::SubscribeRequest request;
  RetryOptions retry;
  // Optional. Called by Next and Open before each wait, for a log line or a metric.
  std::function<void(const absl::Status& failure, absl::Duration wait)> on_retry;
  // For tests. Replaces the wait between attempts, which Cancel would otherwise interrupt.
  std::function<void(absl::Duration wait)> sleeper;
};

// Purpose: a stream of changes that survives lost connections and server restarts. Each Next
// returns one batch. After a lost connection the subscription reconnects, with backoff, and resumes
// right after the last batch that Next returned, so that no batch is repeated or skipped. A start
// at LATEST is first resolved to a token, so no change is lost if the connection is lost before the
// first batch.
//
// A start at SNAPSHOT delivers the current rows of the tables as READ changes, then the stream.
// While the server still reads the source, batches only contain progress. After a connection is
// lost among the rows, the stream resumes with the remaining ones.
//
// Example: see client/examples/cpp/tail_customers.cc.
//
// Exactly once: store a batch's resume_token() in the same database transaction as the effect of
// its changes, and pass the stored token as `request.resume_token` after a restart.
//
// Thread safety: Open and Next from one thread at a time. Cancel from any thread, at any time.
// Background threads: none. While nobody calls Next, flow control stops the stream, and neither
// side needs more memory.
//
// Errors: lost connections, UNAVAILABLE, STREAM_LIMIT and CATCHUP_LIMIT are retried according to
// RetryOptions. All others are final: TOKEN_TRIMMED, TOKEN_AHEAD, SNAPSHOT_EXPIRED, TABLE_UNKNOWN,
// LOG_DAMAGED … (see ErrorDetailOf). kCancelled: Cancel was called. After a final result every Next
// returns it again.
class Subscription {
 public:
  // For callers with their own stub; all others use Client::Subscribe.
  Subscription(std::shared_ptr<v1::ChangeFeed::StubInterface> stub, SubscribeOptions options);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Resolves the start. Call it only if LATEST must mean this moment; otherwise the first Next
  // resolves it.
  absl::Status Open();

  // Waits for the next batch. Nothing: everything up to `request.until_token` was returned.
  absl::StatusOr<std::optional<Batch>> Next();

  // Makes a waiting Next and all later ones return kCancelled.
  void Cancel();

  // The token that resumes after the last batch that Next returned. Before the first batch it is
  // the token of the start, if that is a token or a resolved LATEST; else it is empty.
  const std::string& resume_token() const { return request_.resume_token(); }

 private:
  using Stream = grpc::ClientReaderInterface<v1::SubscribeResponse>;

  bool StartsAtLatest() const;
  absl::Status FetchLatestToken();
  // Creates the context of a call that Cancel can cancel. Null if Cancel was called already.
  std::shared_ptr<grpc::ClientContext> BeginCall();
  void Connect();
  absl::Status Disconnect();
  // These return the final status, or nothing if the stream continues.
  std::optional<absl::Status> Accept(const Batch& batch);
  std::optional<absl::Status> HandleStreamEnd(const absl::Status& ended);
  std::optional<absl::Status> WaitToRetry(const absl::Status& failure);

  const std::shared_ptr<v1::ChangeFeed::StubInterface> stub_;
  const SubscribeOptions options_;

  // Used only by the thread that calls Next.
  v1::SubscribeRequest request_;
  Backoff backoff_;
  std::unique_ptr<Stream> stream_;
  std::optional<absl::Status> final_;

  absl::Notification cancelled_;
  absl::Mutex mutex_;
  // Context of the current or the last call.
  std::shared_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::client

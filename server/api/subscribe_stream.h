// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "api/serving_threads.h"
#include "api/snapshot_start.h"
#include "api/stream_list.h"
#include "api/subscribe_request.h"
#include "base/clock.h"
#include "feed/cursor.h"
#include "feed/row_json.h"
#include "feed/row_types.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace millrace::api {

// How current the log is: the source has told everything committed before this time.
using SourceTime = std::function<Micros()>;

// What all streams share; outlives them.
struct StreamParts {
  feed::Feed& feed;
  feed::RowTypes& row_types;
  ServingThreads& threads;
  StreamList& streams;
  const Clock& clock;
  SourceTime source_time;
  SnapshotParts snapshots;
};

// One call of Subscribe: the rows of a snapshot if it starts with one, then a cursor, and at most
// one response on its way. Made by Start, which hands it to the serving threads; lives until gRPC
// is done with it and the serving threads have forgotten it.
class SubscribeStream final : public ServedStream,
                              public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(const StreamParts& parts,
                                                           grpc::CallbackServerContext& context,
                                                           SubscribePlan plan);
  // A call that ends at once.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Refuse(const absl::Status& status,
                                                            grpc::CallbackServerContext& context);

  // ServedStream, on a serving thread.
  Next Move(bool stopping) override;
  Micros TimeOfProgress() const override {
    return snapshot_ == nullptr ? progress_at_ : std::min(progress_at_, snapshot_->look_again_at());
  }

  // Called by gRPC, on threads of its own.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  SubscribeStream(const StreamParts& parts, grpc::CallbackServerContext& context,
                  SubscribePlan plan, std::unique_ptr<SnapshotStart> snapshot);
  Next SendNext();
  absl::StatusOr<feed::Delivery> TakeNext();
  size_t ResponseShare() const;
  void NotePlace();
  Sequence passed() const { return cursor_.has_value() ? cursor_->passed() : Sequence(); }
  Next SendProgress();
  absl::Status Send(const feed::Selection& selection, const std::string& tail);
  std::string Tail(bool with_progress) const;
  void RefreshToken();
  Next FinishWith(const absl::Status& status);

  const StreamParts& parts_;
  grpc::CallbackServerContext& context_;
  feed::CursorOptions after_snapshot_;  // of the cursor, until there is one
  feed::RowJson json_;
  const bool as_json_;
  const Micros progress_interval_;
  const std::shared_ptr<StreamEntry> entry_;

  // The serving thread's own.
  std::unique_ptr<SnapshotStart> snapshot_;  // until its rows are sent; then there is a cursor
  std::optional<feed::Cursor> cursor_;
  // Taken while the response before it is on its way, by a stream that has far to go.
  std::optional<absl::StatusOr<feed::Delivery>> read_ahead_;
  std::string token_;
  Micros passed_commit_time_ = 0;
  Micros progress_at_ = 0;
  bool ended_ = false;
  grpc::ByteBuffer response_;  // must live until OnWriteDone

  std::atomic<bool> writing_{false};
  std::atomic<bool> broken_{false};
  std::atomic<bool> cancelled_{false};
  std::shared_ptr<SubscribeStream> self_;  // released by OnDone
};

}  // namespace millrace::api

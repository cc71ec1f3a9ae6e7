// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/serving_threads.h"
#include "api/stream_list.h"
#include "api/stream_parts.h"
#include "api/stream_source.h"
#include "api/subscribe_request.h"
#include "base/clock.h"
#include "feed/disk_readers.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace millrace::api {

// Plans a stream from its request. May return feed::NotInMemory.
using PlanStream = std::function<absl::StatusOr<SubscribePlan>(feed::ReadFrom source)>;

// One call of Subscribe: a StreamSource, and at most one response being sent. Start creates it and
// gives it to the serving threads. It lives until gRPC is done with it, the serving threads have
// dropped it, and no disk reader works for it.
class SubscribeStream final : public ServedStream,
                              public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                              public std::enable_shared_from_this<SubscribeStream> {
 public:
  // Start sets the peer of `reader`.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(const StreamParts& parts,
                                                           grpc::CallbackServerContext& context,
                                                           StreamReader reader, PlanStream plan);
  // A call that ends immediately.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Refuse(const absl::Status& status,
                                                            grpc::CallbackServerContext& context);

  // ServedStream, on a serving thread.
  Next Advance(bool stopping) override;
  Micros ProgressTime() const override {
    return in_snapshot_ ? std::min(progress_at_, check_again_at_) : progress_at_;
  }

  // gRPC calls these on its own threads.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using Step = StreamSource::Step;
  using Admission = feed::DiskReaders::Admission;

  SubscribeStream(const StreamParts& parts, grpc::CallbackServerContext& context,
                  std::shared_ptr<StreamEntry> entry);
  void SetSource(std::unique_ptr<StreamSource> source);
  Next OpenPlanned();
  Next SendNext();
  std::optional<absl::StatusOr<Step>> TakeNext();
  void ReadAhead(const Step& step);
  // Runs `read` on a disk reader. The stream waits until it is done.
  void RunOnDiskReader(std::function<void(Admission admission)> read);
  void StartReading();
  Next AdvanceWhileReading();
  size_t ResponseShare() const;
  void NotePlace(const Step& step);
  bool ProgressIsDue() const;
  Next SendProgress();
  absl::Status Send(const feed::Selection& selection, const std::string& tail);
  std::string ResponseTail(bool with_progress) const;
  void RefreshToken();
  Next FinishWith(const absl::Status& status);

  const StreamParts& parts_;
  grpc::CallbackServerContext& context_;
  const std::shared_ptr<StreamEntry> entry_;

  // Used only by a disk reader while `reading_` is set, otherwise only by the serving thread.
  std::unique_ptr<StreamSource> source_;  // null until the stream is planned
  std::optional<absl::StatusOr<SubscribePlan>> plan_;
  // The next step: taken while the previous response is being sent, or read from the disk.
  std::optional<absl::StatusOr<Step>> next_;

  // Only the serving thread uses these.
  bool in_snapshot_ = false;
  Sequence passed_;
  Micros check_again_at_ = 0;
  std::string token_;
  Micros passed_commit_time_ = 0;
  Micros progress_at_ = 0;
  bool ended_ = false;
  grpc::ByteBuffer response_;  // must live until OnWriteDone

  std::atomic<bool> writing_{false};
  std::atomic<bool> reading_{false};
  std::atomic<bool> finished_{false};
  std::atomic<bool> broken_{false};
  std::atomic<bool> cancelled_{false};
  std::shared_ptr<SubscribeStream> self_;  // released by OnDone
};

}  // namespace millrace::api

// SPDX-License-Identifier: Apache-2.0

#include "api/subscribe_stream.h"

#include <climits>
#include <string_view>
#include <utility>

#include "api/disk_calls.h"
#include "api/error_map.h"
#include "api/response_bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "feed/position.h"
#include "fmt/format.h"
#include "google/protobuf/util/time_util.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::api {
namespace {

using google::protobuf::util::TimeUtil;

// With more streams, none of them reads ahead, to save memory. They keep the serving threads busy
// anyway.
constexpr size_t kReadAheadStreamsMax = 64;
// Memory for the responses of all streams, not counting read-ahead. With more streams, each
// response is smaller, but at least as large as a usual frame.
constexpr size_t kResponsesBytesMax = 64 << 20;
constexpr size_t kSharedResponseBytesMin = 96 << 10;

// A refused call: ends immediately with its status.
class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

absl::Status StreamLimit(uint32_t streams_max) {
  return MakeError(
      reason::kStreamLimit,
      fmt::format("{} streams are open, the maximum set by server.streams_max; close some, or "
                  "retry later",
                  streams_max));
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribeStream::Start(
    const StreamParts& parts, grpc::CallbackServerContext& context, StreamReader reader,
    PlanStream plan) {
  auto planned = plan(feed::ReadFrom::kMemory);
  const bool on_disk = feed::IsNotInMemory(planned.status());
  if (!planned.ok() && !on_disk) return Refuse(planned.status(), context);
  std::unique_ptr<StreamSource> source;
  if (!on_disk) {
    auto opened = StreamSource::Open(parts, *std::move(planned));
    if (!opened.ok()) return Refuse(opened.status(), context);
    source = *std::move(opened);
  }
  reader.peer = context.peer();
  auto entry = parts.streams.Add(std::move(reader));
  if (entry == nullptr) return Refuse(StreamLimit(parts.streams.streams_max()), context);
  std::shared_ptr<SubscribeStream> stream(new SubscribeStream(parts, context, std::move(entry)));
  if (source != nullptr) stream->SetSource(std::move(source));
  stream->self_ = stream;
  stream->reading_ = on_disk;
  parts.threads.Add(stream);
  if (on_disk) {
    stream->RunOnDiskReader([opened = stream.get(), plan = std::move(plan)](Admission admission) {
      const absl::Status refusal = RefusalOf(admission);
      opened->plan_ = refusal.ok() ? plan(feed::ReadFrom::kDisk) : refusal;
    });
  }
  return stream.get();
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribeStream::Refuse(
    const absl::Status& status, grpc::CallbackServerContext& context) {
  return new RefusedStream(ToGrpc(status, context));
}

SubscribeStream::SubscribeStream(const StreamParts& parts, grpc::CallbackServerContext& context,
                                 std::shared_ptr<StreamEntry> entry)
    : parts_(parts), context_(context), entry_(std::move(entry)) {}

void SubscribeStream::SetSource(std::unique_ptr<StreamSource> source) {
  source_ = std::move(source);
  NotePlace({.delivery = {}, .in_snapshot = source_->in_snapshot(), .passed = source_->passed()});
}

ServedStream::Next SubscribeStream::Advance(bool stopping) {
  // A cancellation may arrive during a write; OnWriteDone still follows.
  if (writing_.load(std::memory_order_acquire)) return Next::kBusy;
  if (cancelled_.load(std::memory_order_acquire) || broken_.load(std::memory_order_acquire)) {
    return FinishWith(absl::CancelledError());
  }
  if (stopping) return FinishWith(StoppingError());
  if (reading_.load(std::memory_order_acquire)) return AdvanceWhileReading();
  if (source_ == nullptr) return OpenPlanned();
  if (ended_) return FinishWith(absl::OkStatus());
  return SendNext();
}

ServedStream::Next SubscribeStream::OpenPlanned() {
  auto plan = *std::exchange(plan_, std::nullopt);
  if (!plan.ok()) return FinishWith(plan.status());
  auto source = StreamSource::Open(parts_, *std::move(plan));
  if (!source.ok()) return FinishWith(source.status());
  SetSource(*std::move(source));
  return Next::kAgain;
}

ServedStream::Next SubscribeStream::SendNext() {
  const std::optional<absl::StatusOr<Step>> taken = TakeNext();
  if (!taken.has_value()) return Next::kWait;
  if (!taken->ok()) return FinishWith(taken->status());
  const Step& step = **taken;
  const feed::Delivery& delivery = step.delivery;
  ended_ = delivery.ended;
  if (delivery.token.log_id != 0) token_ = delivery.token.ToString();
  if (delivery.moved) passed_commit_time_ = delivery.commit_time_max;
  NotePlace(step);
  if (delivery.selection.pieces.empty()) {
    if (ProgressIsDue() || (ended_ && delivery.moved)) return SendProgress();
    if (ended_) return FinishWith(absl::OkStatus());
    return delivery.moved ? Next::kAgain : Next::kWait;
  }
  const absl::Status sent = Send(delivery.selection, ResponseTail(/*with_progress=*/false));
  if (!sent.ok()) return FinishWith(sent);
  ReadAhead(step);
  return Next::kBusy;
}

// Nothing if the step needs the disk.
std::optional<absl::StatusOr<StreamSource::Step>> SubscribeStream::TakeNext() {
  if (next_.has_value()) return std::exchange(next_, std::nullopt);
  auto step = source_->Next(ResponseShare(), feed::ReadFrom::kMemory);
  if (!feed::IsNotInMemory(step.status())) return step;
  StartReading();
  return std::nullopt;
}

// Takes the next step of a lagging stream while this response is being sent.
void SubscribeStream::ReadAhead(const Step& step) {
  const bool has_more = step.delivery.full || step.in_snapshot;
  if (!has_more || parts_.streams.size() > kReadAheadStreamsMax) return;
  auto taken = TakeNext();
  // Otherwise a disk reader sets next_.
  if (taken.has_value()) next_ = std::move(taken);
}

void SubscribeStream::RunOnDiskReader(std::function<void(Admission admission)> read) {
  reading_.store(true, std::memory_order_relaxed);
  parts_.disk.Post(feed::DiskReaders::Caller::kStream,
                   [stream = shared_from_this(), read = std::move(read)](Admission admission) {
                     if (stream->finished_.load(std::memory_order_acquire)) return;
                     read(admission);
                     stream->reading_.store(false, std::memory_order_release);
                     stream->parts_.threads.Schedule(stream.get());
                   });
}

void SubscribeStream::StartReading() {
  RunOnDiskReader([this, bytes_max = ResponseShare()](Admission admission) {
    const absl::Status refusal = RefusalOf(admission);
    next_ = refusal.ok() ? source_->Next(bytes_max, feed::ReadFrom::kDisk) : refusal;
  });
}

// The client gets progress even while the disk is slow.
ServedStream::Next SubscribeStream::AdvanceWhileReading() {
  return ProgressIsDue() && !token_.empty() ? SendProgress() : Next::kWait;
}

void SubscribeStream::NotePlace(const Step& step) {
  in_snapshot_ = step.in_snapshot;
  passed_ = step.passed;
  check_again_at_ = step.check_again_at;
  entry_->passed.store(passed_.value, std::memory_order_relaxed);
  entry_->in_log.store(!in_snapshot_, std::memory_order_release);
}

size_t SubscribeStream::ResponseShare() const {
  return std::max(kResponsesBytesMax / std::max<size_t>(parts_.streams.size(), 1),
                  kSharedResponseBytesMin);
}

bool SubscribeStream::ProgressIsDue() const { return parts_.clock.SteadyMicros() >= progress_at_; }

ServedStream::Next SubscribeStream::SendProgress() {
  RefreshToken();
  // Still empty, so a change has been published since the last step: send it instead.
  if (token_.empty()) return Next::kAgain;
  const absl::Status sent = Send(feed::Selection(), ResponseTail(/*with_progress=*/true));
  return sent.ok() ? Next::kBusy : FinishWith(sent);
}

// After the newest change, the source may have committed transactions without changes for this log.
// The token includes them, so that another server need not scan them again.
void SubscribeStream::RefreshToken() {
  if (in_snapshot_) return;
  const Token newest = feed::NewestToken(parts_.feed);
  if (passed_ == newest.sequence) token_ = newest.ToString();
}

absl::Status SubscribeStream::Send(const feed::Selection& selection, const std::string& tail) {
  const size_t bytes = selection.bytes + tail.size();
  if (bytes > INT_MAX) return ResponseTooLarge(passed_, bytes);
  response_ = ResponseBytes(selection.pieces, tail);
  parts_.streams.CountResponse(response_.Length());
  progress_at_ = parts_.clock.SteadyMicros() + source_->progress_interval();
  writing_.store(true, std::memory_order_release);
  StartWrite(&response_);
  return absl::OkStatus();
}

// The fields of SubscribeResponse after the transactions. Serialized fields of a message can be
// concatenated.
std::string SubscribeStream::ResponseTail(bool with_progress) const {
  v1::SubscribeResponse rest;
  rest.set_resume_token(token_);
  if (with_progress) {
    v1::Progress& progress = *rest.mutable_progress();
    progress.set_sequence(passed_.value);
    const bool at_newest = !in_snapshot_ && passed_ >= parts_.feed.range().newest;
    const Micros time = at_newest ? parts_.source_time() : passed_commit_time_;
    if (time > 0) {
      *progress.mutable_source_time() = TimeUtil::MicrosecondsToTimestamp(time);
      *progress.mutable_lag() =
          TimeUtil::MicrosecondsToDuration(std::max(Micros{0}, parts_.clock.WallMicros() - time));
    }
  }
  return rest.SerializeAsString();
}

ServedStream::Next SubscribeStream::FinishWith(const absl::Status& status) {
  finished_.store(true, std::memory_order_release);
  Finish(absl::IsCancelled(status) ? grpc::Status::CANCELLED : ToGrpc(status, context_));
  return Next::kGone;
}

void SubscribeStream::OnWriteDone(bool ok) {
  if (!ok) broken_.store(true, std::memory_order_release);
  // Its slices keep frames in memory.
  response_.Clear();
  writing_.store(false, std::memory_order_release);
  parts_.threads.Schedule(this);
}

void SubscribeStream::OnCancel() {
  cancelled_.store(true, std::memory_order_release);
  parts_.threads.Schedule(this);
}

void SubscribeStream::OnDone() {
  parts_.streams.Remove(entry_);
  // Last, because this may destroy the object.
  const std::shared_ptr<SubscribeStream> self = std::move(self_);
}

}  // namespace millrace::api

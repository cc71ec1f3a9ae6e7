// SPDX-License-Identifier: Apache-2.0

#include "api/subscribe_stream.h"

#include <climits>
#include <string_view>
#include <utility>

#include "api/error_map.h"
#include "api/response_bytes.h"
#include "base/bytes.h"
#include "base/error.h"
#include "fmt/format.h"
#include "google/protobuf/util/time_util.h"
#include "millrace/v1/change_feed.pb.h"
#include "model/source_position.h"

namespace millrace::api {
namespace {

using google::protobuf::util::TimeUtil;

// With more streams than these, the memory for what each reads ahead is spared: they keep the
// serving threads busy as it is.
constexpr size_t kReadAheadStreamsMax = 64;
// What the responses of all streams may take together, without what is read ahead, and the least
// that one of them may, which is a usual frame: the more streams, the smaller are the responses of
// those that have far to go.
constexpr size_t kResponsesBytesMax = 64 << 20;
constexpr size_t kSharedResponseBytesMin = 96 << 10;

// Only a call that was refused: ends with its status.
class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

absl::Status StreamLimit(uint32_t streams_max) {
  return MakeError(
      absl::StatusCode::kResourceExhausted, "STREAM_LIMIT",
      fmt::format("{} streams are open, as many as server.streams_max admits; close some, or "
                  "come back later",
                  streams_max));
}

absl::Status TooLarge(Sequence passed, size_t bytes) {
  return MakeError(absl::StatusCode::kResourceExhausted, "RESPONSE_TOO_LARGE",
                   fmt::format("a response up to change {} takes {} bytes, more than a protobuf "
                               "message may hold; leave large columns out with "
                               "source.exclude_columns",
                               passed.value, bytes));
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribeStream::Start(
    const StreamParts& parts, grpc::CallbackServerContext& context, SubscribePlan plan) {
  std::unique_ptr<SnapshotStart> snapshot;
  if (plan.snapshot.has_value()) {
    auto start = SnapshotStart::Make(parts.snapshots, parts.feed, parts.clock,
                                     std::move(*plan.snapshot), plan.cursor.response_bytes_max);
    if (!start.ok()) return Refuse(start.status(), context);
    snapshot = std::move(*start);
  }
  std::shared_ptr<SubscribeStream> stream(
      new SubscribeStream(parts, context, std::move(plan), std::move(snapshot)));
  if (stream->entry_ == nullptr) {
    return Refuse(StreamLimit(parts.streams.streams_max()), context);
  }
  stream->NotePlace();
  stream->self_ = stream;
  SubscribeStream* reactor = stream.get();
  parts.threads.Add(std::move(stream));
  return reactor;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribeStream::Refuse(
    const absl::Status& status, grpc::CallbackServerContext& context) {
  return new RefusedStream(ToGrpc(status, context));
}

SubscribeStream::SubscribeStream(const StreamParts& parts, grpc::CallbackServerContext& context,
                                 SubscribePlan plan, std::unique_ptr<SnapshotStart> snapshot)
    : parts_(parts),
      context_(context),
      after_snapshot_(std::move(plan.cursor)),
      json_(parts.snapshots.registry),
      as_json_(plan.json),
      progress_interval_(plan.progress_interval),
      entry_(parts.streams.Add({.peer = context.peer(),
                                .subscription = std::move(plan.subscription),
                                .client_name = std::move(plan.client_name)})),
      snapshot_(std::move(snapshot)) {
  if (snapshot_ == nullptr) cursor_.emplace(parts.feed, std::move(after_snapshot_));
}

ServedStream::Next SubscribeStream::Move(bool stopping) {
  // A cancellation may come in between; the end of the write will be told.
  if (writing_.load(std::memory_order_acquire)) return Next::kBusy;
  if (cancelled_.load(std::memory_order_acquire) || broken_.load(std::memory_order_acquire)) {
    return FinishWith(absl::CancelledError());
  }
  if (stopping) return FinishWith(StoppingError());
  if (ended_) return FinishWith(absl::OkStatus());
  return SendNext();
}

ServedStream::Next SubscribeStream::SendNext() {
  auto delivery = TakeNext();
  if (!delivery.ok()) return FinishWith(delivery.status());
  ended_ = delivery->ended;
  if (delivery->moved) {
    token_ = delivery->token.ToString();
    passed_commit_time_ = delivery->commit_time_max;
    NotePlace();
  }
  const bool progress_due = parts_.clock.SteadyMicros() >= progress_at_;
  if (delivery->selection.pieces.empty()) {
    if (progress_due || (ended_ && delivery->moved)) return SendProgress();
    if (ended_) return FinishWith(absl::OkStatus());
    return delivery->moved ? Next::kAgain : Next::kWait;
  }
  const absl::Status sent = Send(delivery->selection, Tail(/*with_progress=*/false));
  if (!sent.ok()) return FinishWith(sent);
  if (delivery->full && snapshot_ == nullptr && parts_.streams.size() <= kReadAheadStreamsMax) {
    read_ahead_ = cursor_->Next(ResponseShare());
  }
  return Next::kBusy;
}

absl::StatusOr<feed::Delivery> SubscribeStream::TakeNext() {
  if (read_ahead_.has_value()) {
    auto delivery = *std::move(read_ahead_);
    read_ahead_.reset();
    return delivery;
  }
  if (snapshot_ == nullptr) return cursor_->Next(ResponseShare());
  auto delivery = snapshot_->Next();
  if (delivery.ok() && delivery->ended) {
    after_snapshot_.start = {.after = snapshot_->newest()};
    cursor_.emplace(parts_.feed, std::move(after_snapshot_));
    snapshot_ = nullptr;
    delivery->ended = false;
  }
  return delivery;
}

void SubscribeStream::NotePlace() {
  entry_->passed.store(passed().value, std::memory_order_relaxed);
  entry_->placed.store(cursor_.has_value(), std::memory_order_release);
}

size_t SubscribeStream::ResponseShare() const {
  return std::max(kResponsesBytesMax / std::max<size_t>(parts_.streams.size(), 1),
                  kSharedResponseBytesMin);
}

ServedStream::Next SubscribeStream::SendProgress() {
  RefreshToken();
  const absl::Status sent = Send(feed::Selection(), Tail(/*with_progress=*/true));
  return sent.ok() ? Next::kBusy : FinishWith(sent);
}

// At the newest change the source may have gone on with transactions that hold nothing for us: the
// token takes them along, so that another server need not look at them again.
void SubscribeStream::RefreshToken() {
  if (snapshot_ != nullptr) {
    token_ = snapshot_->token().ToString();
    return;
  }
  const feed::Feed::Edge edge = parts_.feed.edge();
  if (passed() != edge.range.newest) {
    if (!token_.empty()) return;
    const auto token = feed::TokenAfter(parts_.feed, passed());
    if (token.ok()) token_ = token->ToString();
    return;
  }
  Token token{.log_id = parts_.feed.log().log_id(), .sequence = passed(), .gtids = {}};
  const auto position = SourcePosition::FromBinary(edge.source_position);
  if (position.ok()) position->gtids.AppendBinary(token.gtids);
  token_ = token.ToString();
}

absl::Status SubscribeStream::Send(const feed::Selection& selection, const std::string& tail) {
  if (selection.bytes + tail.size() > INT_MAX) return TooLarge(passed(), selection.bytes);
  if (as_json_ && !selection.pieces.empty()) {
    std::string transactions;
    transactions.reserve(selection.bytes);
    for (const feed::Piece& piece : selection.pieces) transactions.append(piece.bytes());
    MILLRACE_ASSIGN_OR_RETURN(const v1::SubscribeResponse response, json_.Convert(transactions));
    // JSON takes more room than the row it is made from.
    const size_t bytes = response.ByteSizeLong() + tail.size();
    if (bytes > INT_MAX) return TooLarge(passed(), bytes);
    response_ = ResponseBytes({}, response.SerializeAsString() + tail);
  } else {
    response_ = ResponseBytes(selection.pieces, tail);
  }
  parts_.streams.CountResponse(response_.Length());
  progress_at_ = parts_.clock.SteadyMicros() + progress_interval_;
  writing_.store(true, std::memory_order_release);
  StartWrite(&response_);
  return absl::OkStatus();
}

// The fields of SubscribeResponse after the transactions; fields of a message may be concatenated.
std::string SubscribeStream::Tail(bool with_progress) const {
  v1::SubscribeResponse rest;
  rest.set_resume_token(token_);
  if (with_progress) {
    v1::Progress& progress = *rest.mutable_progress();
    progress.set_sequence(passed().value);
    const bool at_newest = snapshot_ == nullptr && passed() >= parts_.feed.range().newest;
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
  Finish(absl::IsCancelled(status) ? grpc::Status::CANCELLED : ToGrpc(status, context_));
  return Next::kGone;
}

void SubscribeStream::OnWriteDone(bool ok) {
  if (!ok) broken_.store(true, std::memory_order_release);
  // Its slices keep their frames in memory.
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
  // Last: this may be the end of the object.
  const std::shared_ptr<SubscribeStream> self = std::move(self_);
}

}  // namespace millrace::api

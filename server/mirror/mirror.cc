// SPDX-License-Identifier: Apache-2.0

#include "mirror/mirror.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "mirror/interrupted.h"
#include "spdlog/spdlog.h"

namespace millrace::mirror {
namespace {

constexpr size_t kReadBytesMax = 1 << 20;

std::string NewInstance() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

absl::Status PositionError(const Reason& reason, std::string_view what) {
  return MakeError(reason,
                   fmt::format("{}; `millrace mirror rewind` to the place to go on from, then "
                               "`millrace mirror resume`",
                               what));
}

// What a place that is not in the log means for the mirror.
absl::Status AsPositionError(const absl::Status& status) {
  if (HasReason(status, reason::kTokenTrimmed)) {
    return PositionError(
        reason::kMirrorPositionTrimmed,
        fmt::format("the mirror's position has been trimmed: {}", std::string(status.message())));
  }
  if (HasReason(status, reason::kTokenAhead)) {
    return PositionError(
        reason::kMirrorPositionAhead,
        fmt::format("Kafka has more than this log: {}", std::string(status.message())));
  }
  return status;
}

}  // namespace

Mirror::Mirror(Parts parts)
    : options_(std::move(parts.options)),
      feed_(parts.feed),
      sink_(std::move(parts.sink)),
      clock_(parts.clock),
      instance_(NewInstance()),
      progress_(parts.clock) {}

Mirror::~Mirror() {
  StopWithin(absl::InfiniteDuration());
  if (started_) feed_.RemoveListener(this);
}

void Mirror::Start() {
  started_ = true;
  feed_.AddListener(this);
  thread_ = std::thread([this] { Run(); });
}

void Mirror::RequestStop() {
  absl::MutexLock lock(&mutex_);
  stopping_.store(true);
  wake_.SignalAll();
}

bool Mirror::StopWithin(absl::Duration timeout) {
  RequestStop();
  if (!thread_.joinable()) return true;
  if (!ended_.WaitForNotificationWithTimeout(timeout)) return false;
  thread_.join();
  return true;
}

void Mirror::Run() {
  while (WaitUntilWanted()) {
    const absl::Status status = RunSession();
    connected_.store(false);
    if (!status.ok() && !IsInterrupted(status)) HandleFailure(status);
  }
  AnswerRewind(Stopping());
  ended_.Notify();
}

absl::Status Mirror::RunSession() {
  absl::Status status = RunConnected();
  sink_->Close();
  return status;
}

absl::Status Mirror::RunConnected() {
  MILLRACE_RETURN_IF_ERROR(CheckOwner());
  MILLRACE_RETURN_IF_ERROR(sink_->Open(*this));
  // A rewind does not depend on the old position.
  if (!RewindIsPending()) {
    MILLRACE_RETURN_IF_ERROR(TakePosition());
  }
  while (true) {
    switch (WaitForWish()) {
      case Wish::kStop:
        return Interrupted();
      case Wish::kNothing:
        sink_->Poll();
        break;
      case Wish::kRewind:
        MILLRACE_RETURN_IF_ERROR(DoRewind());
        break;
      case Wish::kSend:
        MILLRACE_RETURN_IF_ERROR(SendChanges());
        break;
    }
  }
}

// Opening a sink shuts out any other mirror: to be done only where none has taken our place.
absl::Status Mirror::CheckOwner() {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(take_over_, false)) owner_ = false;
  }
  if (!owner_) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(const auto stored, sink_->ReadPosition(*this));
  if (!stored.has_value() || stored->instance == instance_) return absl::OkStatus();
  return sink_->TakenOver();
}

absl::Status Mirror::TakePosition() {
  MILLRACE_ASSIGN_OR_RETURN(const auto stored, sink_->ReadPosition(*this));
  auto place = FindPlace(stored);
  if (!place.ok()) {
    progress_.SetPassed(std::nullopt);
    return place.status();
  }
  passed_ = read_ = *place;
  last_frame_ = nullptr;
  progress_.SetPassed(passed_);
  MILLRACE_RETURN_IF_ERROR(sink_->Begin());
  MILLRACE_RETURN_IF_ERROR(CommitAt(passed_));
  spdlog::info("kafka mirror runs prefix={} after={} newest={}", options_.name, passed_.value,
               feed_.range().newest.value);
  return absl::OkStatus();
}

absl::StatusOr<Sequence> Mirror::FindPlace(const std::optional<MirrorPosition>& stored) {
  const log::Range range = feed_.range();
  if (!stored.has_value()) {
    if (owner_) {
      return PositionError(
          reason::kMirrorPositionLost,
          fmt::format("{} held the mirror's position and is empty now", options_.position_place));
    }
    if (options_.start_at_newest) return range.newest;
    return Sequence{range.oldest.value - 1};
  }
  if (stored->log_id != feed_.log().log_id()) {
    return PositionError(
        reason::kMirrorPositionForeign,
        fmt::format("the mirror's position in Kafka is after change {} of log {}, this is log {}",
                    stored->sequence.value, LogIdText(stored->log_id),
                    LogIdText(feed_.log().log_id())));
  }
  const auto place = feed::ResolveSequence(feed_, stored->sequence);
  if (!place.ok()) return AsPositionError(place.status());
  if (owner_ && stored->sequence < passed_) {
    progress_.Warn("position", fmt::format("Kafka lost what it had committed: the position went "
                                           "back from {} to {}",
                                           passed_.value, stored->sequence.value));
  }
  return stored->sequence;
}

absl::Status Mirror::SendChanges() {
  absl::Status status = sink_->Begin();
  if (status.ok()) status = FillTransaction();
  if (status.ok()) status = AddHeartbeat();
  if (status.ok()) {
    const bool quiet = clock_.SteadyMicros() - committed_at_ < kQuietPeriod;
    if (!sink_->HasRecords() && quiet) return status;
    status = CommitAt(read_);
  }
  if (status.ok()) return status;
  if (sink_->HasRecords()) progress_.CountAbort();
  sink_->Abort();
  return AsPositionError(status);
}

absl::Status Mirror::FillTransaction() {
  const Micros deadline = clock_.SteadyMicros() + options_.transaction_time_max;
  while (true) {
    MILLRACE_ASSIGN_OR_RETURN(const std::vector<feed::FramePtr> frames,
                              feed_.Read(read_.next(), kReadBytesMax));
    if (frames.empty()) return absl::OkStatus();
    for (const feed::FramePtr& frame : frames) {
      if (ShouldStop()) return Interrupted();
      MILLRACE_ASSIGN_OR_RETURN(const Sink::Taken taken, sink_->Add(frame, read_.next(), deadline));
      read_ = taken.passed;
      last_frame_ = frame;
      if (taken.full || clock_.SteadyMicros() >= deadline) return absl::OkStatus();
    }
  }
}

absl::Status Mirror::AddHeartbeat() {
  if (!HeartbeatIsDue()) return absl::OkStatus();
  heartbeat_at_ = clock_.SteadyMicros();
  return sink_->AddHeartbeat(clock_.WallMicros());
}

absl::Status Mirror::CommitAt(Sequence passed) {
  MILLRACE_ASSIGN_OR_RETURN(const MirrorPosition position, PositionAt(passed));
  MILLRACE_ASSIGN_OR_RETURN(const TopicCounts counts, sink_->Commit(position));
  passed_ = passed;
  owner_ = true;
  committed_at_ = clock_.SteadyMicros();
  failures_ = 0;
  logged_reason_.clear();
  progress_.CountCommit(counts, passed);
  connected_.store(true);
  return absl::OkStatus();
}

absl::StatusOr<MirrorPosition> Mirror::PositionAt(Sequence passed) const {
  const bool at_hand =
      last_frame_ != nullptr && passed >= last_frame_->first() && passed <= last_frame_->last();
  const uint64_t log_id = feed_.log().log_id();
  MILLRACE_ASSIGN_OR_RETURN(const Token token, at_hand
                                                   ? feed::TokenAfter(log_id, *last_frame_, passed)
                                                   : feed::TokenAfter(feed_, passed));
  return MirrorPosition{.log_id = log_id,
                        .sequence = passed,
                        .resume_token = token.ToString(),
                        .instance = instance_,
                        .time = clock_.WallMicros()};
}

absl::Status Mirror::DoRewind() {
  Sequence after;
  {
    absl::MutexLock lock(&mutex_);
    if (!rewind_.has_value()) return absl::OkStatus();
    after = rewind_->after;
  }
  last_frame_ = nullptr;
  MILLRACE_RETURN_IF_ERROR(sink_->Begin());
  MILLRACE_RETURN_IF_ERROR(CommitAt(after));
  read_ = after;
  spdlog::info("kafka mirror was moved prefix={} after={}", options_.name, after.value);
  {
    absl::MutexLock lock(&mutex_);
    // What parked it may be mended now, but going on was not asked for.
    if (std::exchange(parked_, false)) paused_ = true;
  }
  AnswerRewind(absl::OkStatus());
  return absl::OkStatus();
}

}  // namespace millrace::mirror

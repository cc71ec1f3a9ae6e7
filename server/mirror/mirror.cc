// SPDX-License-Identifier: Apache-2.0

#include "mirror/mirror.h"

#include <pthread.h>

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
                   fmt::format("{}; run `millrace mirror rewind` with the position to continue "
                               "from, then `millrace mirror resume`",
                               what));
}

// Translates errors of a position that is not in the log; returns others unchanged.
absl::Status AsPositionError(const absl::Status& status) {
  if (HasReason(status, reason::kTokenTrimmed)) {
    return PositionError(
        reason::kMirrorPositionTrimmed,
        fmt::format("the mirror's position has been trimmed: {}", std::string(status.message())));
  }
  if (HasReason(status, reason::kTokenAhead)) {
    return PositionError(
        reason::kMirrorPositionAhead,
        fmt::format("the sink has changes that this log lacks: {}", std::string(status.message())));
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
  pthread_setname_np(thread_.native_handle(), "mirror");
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
  while (WaitWhilePausedOrParked()) {
    const absl::Status status = RunSession();
    connected_.store(false);
    if (!status.ok() && !IsInterrupted(status)) HandleFailure(status);
  }
  FinishRewind(Stopping());
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
    MILLRACE_RETURN_IF_ERROR(LoadPosition());
  }
  while (true) {
    switch (WaitForNextAction()) {
      case NextAction::kStop:
        return Interrupted();
      case NextAction::kPoll:
        sink_->Poll();
        break;
      case NextAction::kRewind:
        MILLRACE_RETURN_IF_ERROR(DoRewind());
        break;
      case NextAction::kSend:
        MILLRACE_RETURN_IF_ERROR(SendChanges());
        break;
    }
  }
}

// Opening a sink fences any other mirror of the same name, so fail if one has taken over.
absl::Status Mirror::CheckOwner() {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(take_over_, false)) owner_ = false;
  }
  if (!owner_) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(const auto stored, sink_->ReadPosition(*this));
  if (!stored.has_value() || stored->instance == instance_) return absl::OkStatus();
  return sink_->TakenOverError();
}

absl::Status Mirror::LoadPosition() {
  MILLRACE_ASSIGN_OR_RETURN(const auto stored, sink_->ReadPosition(*this));
  auto resolved = ResolvePosition(stored);
  if (!resolved.ok()) {
    progress_.SetPosition(std::nullopt);
    return resolved.status();
  }
  committed_ = read_ = *resolved;
  last_frame_ = nullptr;
  progress_.SetPosition(committed_);
  MILLRACE_RETURN_IF_ERROR(sink_->Begin());
  MILLRACE_RETURN_IF_ERROR(CommitUpTo(committed_));
  spdlog::info("mirror runs prefix={} after={} newest={}", options_.name, committed_.value,
               feed_.range().newest.value);
  return absl::OkStatus();
}

absl::StatusOr<Sequence> Mirror::ResolvePosition(const std::optional<MirrorPosition>& stored) {
  const log::Range range = feed_.range();
  if (!stored.has_value()) {
    if (owner_) {
      return PositionError(reason::kMirrorPositionLost,
                           fmt::format("{} contained the mirror's position and is now empty",
                                       options_.position_location));
    }
    if (options_.start_at_newest) return range.newest;
    return Sequence{range.oldest.value - 1};
  }
  if (stored->log_id != feed_.log().log_id()) {
    return PositionError(
        reason::kMirrorPositionForeign,
        fmt::format("the mirror's position in the sink is change {} of log {}, but this is log {}",
                    stored->sequence.value, LogIdText(stored->log_id),
                    LogIdText(feed_.log().log_id())));
  }
  const auto resolved = feed::ResolveSequence(feed_, stored->sequence);
  if (!resolved.ok()) return AsPositionError(resolved.status());
  if (owner_ && stored->sequence < committed_) {
    progress_.Warn("position", fmt::format("the sink lost committed records: the position went "
                                           "back from {} to {}",
                                           committed_.value, stored->sequence.value));
  }
  return stored->sequence;
}

absl::Status Mirror::SendChanges() {
  absl::Status status = sink_->Begin();
  if (status.ok()) status = FillTransaction();
  if (status.ok()) status = AddHeartbeat();
  if (status.ok()) {
    const bool recently_committed = clock_.SteadyMicros() - committed_at_ < kIdleCommitInterval;
    if (!sink_->HasRecords() && recently_committed) return status;
    status = CommitUpTo(read_);
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
      MILLRACE_ASSIGN_OR_RETURN(const Sink::AddResult added,
                                sink_->Add(frame, read_.next(), deadline));
      read_ = added.last_change;
      last_frame_ = frame;
      if (added.full || clock_.SteadyMicros() >= deadline) return absl::OkStatus();
    }
  }
}

absl::Status Mirror::AddHeartbeat() {
  if (!HeartbeatIsDue()) return absl::OkStatus();
  heartbeat_at_ = clock_.SteadyMicros();
  return sink_->AddHeartbeat(clock_.WallMicros());
}

absl::Status Mirror::CommitUpTo(Sequence last_change) {
  MILLRACE_ASSIGN_OR_RETURN(const MirrorPosition position, PositionAfter(last_change));
  MILLRACE_ASSIGN_OR_RETURN(const TopicCounts counts, sink_->Commit(position));
  committed_ = last_change;
  owner_ = true;
  committed_at_ = clock_.SteadyMicros();
  failures_ = 0;
  logged_reason_.clear();
  progress_.CountCommit(counts, last_change);
  connected_.store(true);
  return absl::OkStatus();
}

absl::StatusOr<MirrorPosition> Mirror::PositionAfter(Sequence last_change) const {
  const bool in_last_frame = last_frame_ != nullptr && last_change >= last_frame_->first() &&
                             last_change <= last_frame_->last();
  const uint64_t log_id = feed_.log().log_id();
  MILLRACE_ASSIGN_OR_RETURN(const Token token,
                            in_last_frame ? feed::TokenAfter(log_id, *last_frame_, last_change)
                                          : feed::TokenAfter(feed_, last_change));
  return MirrorPosition{.log_id = log_id,
                        .sequence = last_change,
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
  MILLRACE_RETURN_IF_ERROR(CommitUpTo(after));
  read_ = after;
  spdlog::info("mirror was rewound prefix={} after={}", options_.name, after.value);
  {
    absl::MutexLock lock(&mutex_);
    // The rewind may have fixed the error that parked the mirror, but nobody asked to resume.
    if (std::exchange(parked_, false)) paused_ = true;
  }
  FinishRewind(absl::OkStatus());
  return absl::OkStatus();
}

}  // namespace millrace::mirror

// SPDX-License-Identifier: Apache-2.0

// The parts of Mirror that do not send: waits, requests of operators, handling of failures.

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "base/retry_policy.h"
#include "mirror/interrupted.h"
#include "mirror/mirror.h"
#include "spdlog/spdlog.h"

namespace millrace::mirror {
namespace {

constexpr absl::Duration kRetryMin = absl::Milliseconds(200);
constexpr absl::Duration kRetryMax = absl::Seconds(5);
// The sink's server may lock a refused account that retries too often.
constexpr absl::Duration kDeniedRetryMin = absl::Seconds(2);
constexpr absl::Duration kDeniedRetryMax = absl::Seconds(60);
constexpr uint32_t kDoublingsMax = 10;

absl::Duration FromMicros(Micros micros) { return absl::Microseconds(micros); }

absl::Duration RetryPause(const absl::Status& status, uint32_t failures) {
  const bool denied = HasReason(status, reason::kMirrorDenied);
  const uint32_t factor = 1u << std::min(failures, kDoublingsMax);
  return std::min(denied ? kDeniedRetryMax : kRetryMax,
                  factor * (denied ? kDeniedRetryMin : kRetryMin));
}

}  // namespace

MirrorStatus Mirror::Status() const {
  MirrorStatus status;
  status.topic_prefix = options_.name;
  status.format = options_.format;
  {
    absl::MutexLock lock(&mutex_);
    status.state = stopping_.load()    ? MirrorState::kStopping
                   : parked_           ? MirrorState::kParked
                   : paused_           ? MirrorState::kPaused
                   : connected_.load() ? MirrorState::kRunning
                                       : MirrorState::kConnecting;
  }
  progress_.Describe(feed_, clock_, status);
  return status;
}

void Mirror::Pause() {
  absl::MutexLock lock(&mutex_);
  paused_ = true;
  wake_.SignalAll();
}

void Mirror::Resume() {
  absl::MutexLock lock(&mutex_);
  paused_ = false;
  if (std::exchange(parked_, false)) take_over_ = true;
  wake_.SignalAll();
}

void Mirror::Rewind(const Token& token, std::function<void(absl::Status)> done) {
  const auto resolved = feed::Resolve(feed_, token);
  if (!resolved.ok()) return done(resolved.status());
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_.load() && !rewind_.has_value()) {
      rewind_ = RewindRequest{resolved->after, std::move(done)};
      wake_.SignalAll();
      return;
    }
  }
  done(ShouldStop()
           ? Stopping()
           : MakeError(reason::kMirrorBusy, "another rewind is under way; retry in a few seconds"));
}

bool Mirror::WaitWhilePausedOrParked() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_.load() && !rewind_.has_value() && (paused_ || parked_)) wake_.Wait(&mutex_);
  return !stopping_.load();
}

Mirror::NextAction Mirror::WaitForNextAction() {
  // Publications wake a paused mirror too, and must not postpone the next poll.
  const absl::Time poll_at = absl::Now() + FromMicros(options_.poll_interval);
  absl::MutexLock lock(&mutex_);
  while (true) {
    if (stopping_.load()) return NextAction::kStop;
    if (rewind_.has_value()) return NextAction::kRewind;
    if (!paused_ && HasWork()) return NextAction::kSend;
    const absl::Time work_at = paused_ ? poll_at : absl::Now() + TimeUntilWork();
    if (wake_.WaitWithDeadline(&mutex_, std::min(poll_at, work_at))) return NextAction::kPoll;
  }
}

bool Mirror::HasWork() const {
  const bool position_due =
      read_ > committed_ && clock_.SteadyMicros() - committed_at_ >= kIdleCommitInterval;
  return feed_.range().newest > read_ || position_due || HeartbeatIsDue();
}

absl::Duration Mirror::TimeUntilWork() const {
  const Micros now = clock_.SteadyMicros();
  absl::Duration time = FromMicros(options_.poll_interval);
  if (read_ > committed_)
    time = std::min(time, FromMicros(committed_at_ + kIdleCommitInterval - now));
  const Micros interval = options_.heartbeat_interval;
  if (interval > 0) time = std::min(time, FromMicros(heartbeat_at_ + interval - now));
  return std::max(time, absl::Milliseconds(1));
}

bool Mirror::HeartbeatIsDue() const {
  const Micros interval = options_.heartbeat_interval;
  return interval > 0 && clock_.SteadyMicros() - heartbeat_at_ >= interval;
}

void Mirror::HandleFailure(const absl::Status& failure) {
  const absl::Status status = sink_->WithTable(failure);
  FinishRewind(status);
  const bool retry = MirrorMayRetry(status);
  {
    absl::MutexLock lock(&mutex_);
    // After a failed rewind, a parked mirror stays parked with its earlier error.
    if (parked_) return;
    parked_ = !retry;
  }
  progress_.SetError(status);
  const std::string reason = ErrorReason(status);
  if (!retry) {
    spdlog::error("mirror parked: {} reason={}", std::string(status.message()), reason);
    return;
  }
  if (std::exchange(logged_reason_, reason) != reason) {
    spdlog::warn("mirror failed, retrying: {} reason={}", std::string(status.message()), reason);
  }
  WaitBeforeRetry(RetryPause(status, failures_++));
}

void Mirror::WaitBeforeRetry(absl::Duration pause) {
  const absl::Time until = absl::Now() + pause;
  absl::MutexLock lock(&mutex_);
  while (!stopping_.load() && !rewind_.has_value() && !paused_) {
    if (wake_.WaitWithDeadline(&mutex_, until)) return;
  }
}

bool Mirror::RewindIsPending() const {
  absl::MutexLock lock(&mutex_);
  return rewind_.has_value();
}

void Mirror::FinishRewind(const absl::Status& status) {
  std::optional<RewindRequest> request;
  {
    absl::MutexLock lock(&mutex_);
    std::swap(request, rewind_);
  }
  if (request.has_value()) request->done(status);
}

void Mirror::OnPublished() {
  absl::MutexLock lock(&mutex_);
  wake_.Signal();
}

void Mirror::OnLongWait(const absl::Status& why) {
  connected_.store(false);
  progress_.SetError(why);
}

void Mirror::OnWarning(const std::string& subject, const std::string& warning) {
  if (progress_.Warn(subject, warning)) spdlog::warn("mirror: {} topic={}", warning, subject);
}

}  // namespace millrace::mirror

// SPDX-License-Identifier: Apache-2.0

#include "ingest/supervisor.h"

#include <pthread.h>

#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "ingest/backoff.h"
#include "spdlog/spdlog.h"

namespace millrace::ingest {
namespace {

absl::Status WithReason(absl::Status status) {
  if (!ErrorReason(status).empty() || absl::IsCancelled(status)) return status;
  return MakeError(status.code(), reason::kInternal,
                   fmt::format("{}; please report it", std::string(status.message())));
}

}  // namespace

Supervisor::Supervisor(Session& session, const Clock& clock, Options options)
    : session_(session), clock_(clock), options_(std::move(options)) {}

Supervisor::~Supervisor() { Stop(); }

void Supervisor::AwaitInRealTime(absl::Mutex& mutex, const absl::Condition& over, Micros timeout) {
  mutex.AssertHeld();
  mutex.AwaitWithTimeout(over, absl::Microseconds(timeout));
}

void Supervisor::Start() {
  thread_ = std::thread([this] {
    Loop();
    session_.Finish();
    ended_.Notify();
  });
  pthread_setname_np(thread_.native_handle(), "ingest");
}

void Supervisor::RetryNow() {
  absl::MutexLock lock(&mutex_);
  retry_now_ = true;
}

void Supervisor::RequestStop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  // Set stopping_ first, so that a run which this interrupts finds it set.
  session_.Interrupt();
}

bool Supervisor::StopWithin(absl::Duration timeout) {
  RequestStop();
  if (thread_.joinable() && !ended_.WaitForNotificationWithTimeout(timeout)) return false;
  Stop();
  return true;
}

void Supervisor::Stop() {
  RequestStop();
  if (thread_.joinable()) thread_.join();
}

void Supervisor::Loop() {
  Backoff backoff(options_.backoff_min, options_.backoff_max);
  while (true) {
    const RunResult ended = RunOnce();
    if (is_stopping()) break;
    const RetryPolicy policy = PolicyOf(ended.status);
    if (policy == RetryPolicy::kStop) {
      spdlog::error("ingest stopped: {} reason={}", std::string(ended.status.message()),
                    ErrorReason(ended.status));
      SetState(State::kFailed, ended.status);
      return;
    }
    const Micros wait = backoff.After(
        {.policy = policy, .read_transaction = ended.read_transaction, .streamed = ended.streamed});
    const Wait waited = WaitBeforeRetry(ended.status, wait);
    if (waited == Wait::kStopping) break;
    if (waited == Wait::kEndedEarly) backoff.Reset();
  }
  // Health is not reported: the server that shows it is stopping too.
  absl::MutexLock lock(&mutex_);
  status_.state = State::kStopping;
}

Supervisor::RunResult Supervisor::RunOnce() {
  const uint64_t read_before = session_.transactions();
  streaming_since_ = 0;
  SetState(State::kConnecting, absl::OkStatus());
  absl::Status status = WithReason(session_.Run([this] { OnStreaming(); }));
  return {.status = std::move(status),
          .read_transaction = session_.transactions() != read_before,
          .streamed = streaming_since_ == 0 ? 0 : clock_.SteadyMicros() - streaming_since_};
}

Supervisor::Wait Supervisor::WaitBeforeRetry(const absl::Status& status, Micros backoff) {
  spdlog::warn("source lost, reconnecting: {} reason={} wait_ms={}", std::string(status.message()),
               ErrorReason(status), backoff / 1000);
  SetState(State::kConnecting, status);
  absl::MutexLock lock(&mutex_);
  options_.await(mutex_, absl::Condition(this, &Supervisor::WaitIsOver), backoff);
  if (stopping_) return Wait::kStopping;
  return std::exchange(retry_now_, false) ? Wait::kEndedEarly : Wait::kOver;
}

bool Supervisor::is_stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

RetryPolicy Supervisor::PolicyOf(const absl::Status& status) {
  const RetryPolicy policy = FeedRetryPolicy(status);
  if (policy != RetryPolicy::kRetryOnce) return policy;
  const std::string place = session_.ResumePosition();
  return std::exchange(retried_at_, place) == place ? RetryPolicy::kStop : policy;
}

void Supervisor::OnStreaming() {
  streaming_since_ = clock_.SteadyMicros();
  {
    absl::MutexLock lock(&mutex_);
    ++status_.connects;
  }
  SetState(State::kStreaming, absl::OkStatus());
}

void Supervisor::SetState(State state, const absl::Status& error) {
  {
    absl::MutexLock lock(&mutex_);
    status_.state = state;
    if (!error.ok()) ++status_.errors[ErrorReason(error)];
    if (!error.ok() || state == State::kStreaming) {
      status_.error = std::string(error.message());
      status_.error_reason = ErrorReason(error);
    }
  }
  ReportHealth();
}

// Several threads call this; the last call reports the last state.
void Supervisor::ReportHealth() {
  absl::MutexLock reporting(&health_mutex_);
  const bool healthy = state() == State::kStreaming && session_.CanStore();
  if (std::exchange(health_reported_, healthy) == healthy) return;
  health_listener_(healthy);
}

Supervisor::Status Supervisor::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

State Supervisor::state() const {
  absl::MutexLock lock(&mutex_);
  return status_.state;
}

}  // namespace millrace::ingest

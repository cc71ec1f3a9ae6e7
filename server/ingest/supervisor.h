// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/retry_policy.h"
#include "ingest/ingest_status.h"

namespace millrace::ingest {

// Runs a session again and again on its own thread, with growing backoff after failures, until it
// is stopped or an error occurs that a retry cannot fix. Reports state and health. Independent of
// what a session does. Thread-safe, except for functions to call before Start.
class Supervisor {
 public:
  // The work to supervise: one connection to the source per run.
  class Session {
   public:
    virtual ~Session() = default;
    // Connects and reads until a failure, and returns that failure; never OK. Calls `on_streaming`
    // when reading of the binlog starts.
    virtual absl::Status Run(const std::function<void()>& on_streaming) = 0;
    // Makes this and every later Run return soon. From any thread; may be called again.
    virtual void Interrupt() = 0;
    // Called after the last Run, on its thread: waits until what was read is on disk.
    virtual void Finish() = 0;

    // The next two are called on the thread of Run.
    // Number of transactions read by all runs.
    virtual uint64_t transactions() const = 0;
    // Where the next run resumes. Callers only compare it.
    virtual std::string ResumePosition() const = 0;

    // Whether data can be stored now. From any thread.
    virtual bool CanStore() const = 0;
  };

  // Returns when `over` becomes true, or after `timeout`. The caller holds `mutex`, as for
  // Mutex::Await.
  using Await =
      std::function<void(absl::Mutex& mutex, const absl::Condition& over, Micros timeout)>;
  static void AwaitInRealTime(absl::Mutex& mutex, const absl::Condition& over, Micros timeout);

  struct Options {
    Micros backoff_min = 0;
    Micros backoff_max = 0;
    Await await = AwaitInRealTime;  // replaced by tests
  };
  // `session` and `clock` must outlive it.
  Supervisor(Session& session, const Clock& clock, Options options);
  // Calls Stop.
  ~Supervisor();

  // Calls `listener` with whether the session reads and can store: once at first and at each
  // change, one call at a time. Call before Start.
  void SetHealthListener(std::function<void(bool healthy)> listener) {
    health_listener_ = std::move(listener);
  }
  // Call once.
  void Start();
  // Ends the current wait between two runs, or else the following wait: the cause of the failures
  // may be gone.
  void RetryNow() ABSL_LOCKS_EXCLUDED(mutex_);
  // Begins stopping and returns at once.
  void RequestStop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until the thread has ended. False if it has not ended within `timeout`.
  bool StopWithin(absl::Duration timeout);
  // Like StopWithin, without a time limit. May be called again.
  void Stop();

  // Call it when Session::CanStore has changed.
  void ReportHealth() ABSL_LOCKS_EXCLUDED(mutex_, health_mutex_);

  struct Status {
    State state = State::kConnecting;
    // Why the state is kConnecting or kFailed; empty without an error.
    std::string error;
    std::string error_reason;
    uint64_t connects = 0;                   // runs that reached streaming
    std::map<std::string, uint64_t> errors;  // that ended a run, by reason
  };
  Status status() const ABSL_LOCKS_EXCLUDED(mutex_);
  State state() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Returns when it is stopped or an error is permanent.
  void Loop();
  struct RunResult {
    absl::Status status;  // never OK, always with a reason
    bool read_transaction = false;
    Micros streamed = 0;
  };
  RunResult RunOnce();
  enum class Wait { kOver, kEndedEarly, kStopping };
  Wait WaitBeforeRetry(const absl::Status& status, Micros backoff) ABSL_LOCKS_EXCLUDED(mutex_);
  bool WaitIsOver() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || retry_now_; }
  bool is_stopping() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Returns kStop instead of kRetryOnce if the error occurs at the same position again.
  RetryPolicy PolicyOf(const absl::Status& status);
  void OnStreaming() ABSL_LOCKS_EXCLUDED(mutex_);
  void SetState(State state, const absl::Status& error) ABSL_LOCKS_EXCLUDED(mutex_);

  Session& session_;
  const Clock& clock_;
  const Options options_;
  absl::Mutex health_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // held while the listener is called
  std::function<void(bool)> health_listener_ = [](bool) {};
  std::optional<bool> health_reported_ ABSL_GUARDED_BY(health_mutex_);

  // Used by the supervisor's thread only.
  std::string retried_at_;      // the position of the last kRetryOnce error
  Micros streaming_since_ = 0;  // steady; 0: not streaming yet

  mutable absl::Mutex mutex_;
  Status status_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool retry_now_ ABSL_GUARDED_BY(mutex_) = false;  // requested and not consumed yet

  absl::Notification ended_;
  std::thread thread_;
};

}  // namespace millrace::ingest

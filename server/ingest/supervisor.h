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

// Runs a session again and again on a thread of its own, with growing pauses after failures, until
// it is stopped or an error comes that a retry cannot fix. Reports state and health. Knows
// nothing of what a session does. Thread-safe, but for what is said to be called before Start.
class Supervisor {
 public:
  // What is run: one connection to the source after another.
  class Session {
   public:
    virtual ~Session() = default;
    // One connection: from connecting to the failure that ended it, which is returned; never OK.
    // Calls `on_streaming` when the binlog begins to be read.
    virtual absl::Status Run(const std::function<void()>& on_streaming) = 0;
    // Makes Run, and every later one, return soon. From any thread; may be called again.
    virtual void Interrupt() = 0;
    // After the last Run, on its thread: waits until what was read is on disk.
    virtual void Finish() = 0;

    // On the thread of Run.
    // Transactions that all runs have read.
    virtual uint64_t transactions() const = 0;
    // Where the next run goes on reading; tells places apart, no more.
    virtual std::string ResumePosition() const = 0;

    // Whether what was read can be stored now. From any thread.
    virtual bool CanStore() const = 0;
  };

  // Returns once `over` is true, or after `timeout`. `mutex` is held, as for Mutex::Await.
  using Await =
      std::function<void(absl::Mutex& mutex, const absl::Condition& over, Micros timeout)>;
  static void AwaitInRealTime(absl::Mutex& mutex, const absl::Condition& over, Micros timeout);

  struct Options {
    Micros backoff_min = 0;
    Micros backoff_max = 0;
    Await await = AwaitInRealTime;  // for tests to replace
  };
  // `session` and `clock` must outlive it.
  Supervisor(Session& session, const Clock& clock, Options options);
  // Stops.
  ~Supervisor();

  // Calls `listener` with whether the session reads and stores: at first, and each time that
  // changes, one call at a time. Before Start.
  void SetHealthListener(std::function<void(bool healthy)> listener) {
    health_listener_ = std::move(listener);
  }
  // Once.
  void Start();
  // Ends a wait for the next run, or the next wait that begins: the cause of failures may be gone.
  void RetryNow() ABSL_LOCKS_EXCLUDED(mutex_);
  // Begins to stop.
  void RequestStop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until the thread has ended. False if it has not by then.
  bool StopWithin(absl::Duration timeout);
  // The same without limit. May be called again.
  void Stop();

  // To be called when Session::CanStore has changed.
  void ReportHealth() ABSL_LOCKS_EXCLUDED(mutex_, health_mutex_);

  struct Status {
    State state = State::kConnecting;
    // Why it is kConnecting or kFailed; empty when all is well.
    std::string error;
    std::string error_reason;
    uint64_t connects = 0;                   // runs that came to streaming
    std::map<std::string, uint64_t> errors;  // that ended a run, by reason
  };
  Status status() const ABSL_LOCKS_EXCLUDED(mutex_);
  State state() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Until it is stopped or fails.
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
  // kStop in place of kRetryOnce at the second time.
  RetryPolicy PolicyOf(const absl::Status& status);
  void OnStreaming() ABSL_LOCKS_EXCLUDED(mutex_);
  void SetState(State state, const absl::Status& error) ABSL_LOCKS_EXCLUDED(mutex_);

  Session& session_;
  const Clock& clock_;
  const Options options_;
  absl::Mutex health_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // held while the listener is called
  std::function<void(bool)> health_listener_ = [](bool) {};
  std::optional<bool> health_reported_ ABSL_GUARDED_BY(health_mutex_);

  // The thread's own.
  std::string retried_at_;      // where an error of kRetryOnce came
  Micros streaming_since_ = 0;  // steady; 0: this run has not come so far

  mutable absl::Mutex mutex_;
  Status status_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool retry_now_ ABSL_GUARDED_BY(mutex_) = false;  // asked for and not taken yet

  absl::Notification ended_;
  std::thread thread_;
};

}  // namespace millrace::ingest

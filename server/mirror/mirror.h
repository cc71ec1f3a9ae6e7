// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "feed/feed.h"
#include "feed/position.h"
#include "mirror/mirror_control.h"
#include "mirror/mirror_progress.h"
#include "mirror/sink.h"
#include "mirror/waiter.h"
#include "model/sequence.h"
#include "model/token.h"

namespace millrace::mirror {

struct MirrorOptions {
  std::string name;               // also the first part of its topic names
  std::string format;             // of the records, shown in the status
  std::string position_location;  // where the sink stores the position, for messages
  bool start_at_newest = false;   // a mirror without a stored position skips the existing log
  Micros transaction_time_max = 0;
  Micros heartbeat_interval = 0;  // 0: none
  // How often the sink is polled while there is nothing to send.
  Micros poll_interval = Micros{10} * 1'000'000;
};

// Copies the log to a sink, each change exactly once. A run of changes and the position after them
// are one transaction of the sink; the next run starts at the position stored there. Runs on one
// thread, which sleeps while there is nothing to send. A slow or broken sink delays only its own
// mirror.
//
// After any failure the mirror reconnects, which aborts everything uncommitted, and reads the
// position again. So it never needs to know whether a failed commit took effect. An error that a
// retry cannot fix parks the mirror until Resume.
class Mirror final : public MirrorControl, private feed::PublicationListener, private Waiter {
 public:
  struct Parts {
    MirrorOptions options;
    feed::Feed& feed;
    std::unique_ptr<Sink> sink;
    const Clock& clock;
  };
  // `feed` and `clock` must outlive the mirror.
  explicit Mirror(Parts parts);
  // Stops the thread and waits for it.
  ~Mirror() override;

  const std::string& name() const { return options_.name; }

  // Starts the thread. Called once.
  void Start();
  // Asks the thread to stop, without waiting; the open transaction is aborted. From any thread.
  void RequestStop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Stops. Returns false if the thread has not ended within `timeout`, since it hangs in the sink.
  bool StopWithin(absl::Duration timeout);

  // MirrorControl.
  MirrorStatus Status() const override ABSL_LOCKS_EXCLUDED(mutex_);
  void Pause() override ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() override ABSL_LOCKS_EXCLUDED(mutex_);
  void Rewind(const Token& token, std::function<void(absl::Status)> done) override
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Retention must keep all changes after this one: the whole log while the position is unknown.
  // Nothing if the position is not in this log. Thread-safe.
  std::optional<Sequence> HoldFrom() const { return progress_.HoldFrom(); }

 private:
  struct RewindRequest {
    Sequence after;
    std::function<void(absl::Status)> done;
  };
  enum class NextAction { kPoll, kStop, kRewind, kSend };

  // How often the position is committed while none of the changes read is mirrored.
  static constexpr Micros kIdleCommitInterval = 1'000'000;

  void Run();
  absl::Status RunSession();
  absl::Status RunConnected();
  absl::Status CheckOwner();
  absl::Status LoadPosition();
  absl::StatusOr<Sequence> ResolvePosition(const std::optional<MirrorPosition>& stored);
  absl::Status SendChanges();
  absl::Status FillTransaction();
  absl::Status AddHeartbeat();
  // Commits the open transaction with the position after `last_change`.
  absl::Status CommitUpTo(Sequence last_change);
  absl::StatusOr<MirrorPosition> PositionAfter(Sequence last_change) const;
  absl::Status DoRewind();

  // Returns false if the thread must stop. A pending rewind ends the wait too.
  bool WaitWhilePausedOrParked() ABSL_LOCKS_EXCLUDED(mutex_);
  NextAction WaitForNextAction() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWork() const;
  // Time until there may be work even if nothing new is published.
  absl::Duration TimeUntilWork() const;
  bool HeartbeatIsDue() const;
  void HandleFailure(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  void WaitBeforeRetry(absl::Duration pause) ABSL_LOCKS_EXCLUDED(mutex_);
  bool RewindIsPending() const ABSL_LOCKS_EXCLUDED(mutex_);
  void FinishRewind(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

  void OnPublished() override ABSL_LOCKS_EXCLUDED(mutex_);
  bool ShouldStop() const override { return stopping_.load(std::memory_order_relaxed); }
  void OnLongWait(const absl::Status& why) override;
  void OnWarning(const std::string& subject, const std::string& warning) override;

  const MirrorOptions options_;
  feed::Feed& feed_;
  const std::unique_ptr<Sink> sink_;  // used by the thread alone
  const Clock& clock_;
  const std::string instance_;  // identifies this object in the positions that it writes
  MirrorProgress progress_;

  // Used by the thread alone.
  Sequence committed_;         // the position in the sink
  Sequence read_;              // last change read; those after `committed_` produced no records
  feed::FramePtr last_frame_;  // contains `read_`; may be null
  bool owner_ = false;         // this mirror has committed a position since it last took over
  Micros committed_at_ = 0;
  Micros heartbeat_at_ = 0;
  uint32_t failures_ = 0;  // since the last commit
  std::string logged_reason_;

  std::atomic<bool> stopping_{false};
  std::atomic<bool> connected_{false};
  mutable absl::Mutex mutex_;
  absl::CondVar wake_;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool parked_ ABSL_GUARDED_BY(mutex_) = false;
  // Set by Resume of a parked mirror, which may then fence another one.
  bool take_over_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<RewindRequest> rewind_ ABSL_GUARDED_BY(mutex_);

  bool started_ = false;
  absl::Notification ended_;
  std::thread thread_;
};

}  // namespace millrace::mirror

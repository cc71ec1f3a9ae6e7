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

// What a mirror is called, and when it sends.
struct MirrorOptions {
  std::string name;               // of the mirror: the first part of the names of its topics
  std::string format;             // of its records, as the status shows it
  std::string position_location;  // of its position in the sink, for messages
  bool start_at_newest = false;   // a mirror without a position skips what the log has
  Micros transaction_time_max = 0;
  Micros heartbeat_interval = 0;  // 0: none
};

// Copies the log to a sink, each change exactly once: a run of changes and the position after them
// are one transaction of the sink, and the position found there is where the next run begins. One
// thread; it sleeps while there is nothing to send, and whatever the sink does, it holds back
// nobody else.
//
// Whenever anything fails, the connection is given up and made anew, which takes back what was not
// committed, and the position is read again: so nothing needs to be known of how far a failed
// commit came. An error that trying again cannot mend parks the mirror until Resume.
class Mirror final : public MirrorControl, private feed::PublicationListener, private Waiter {
 public:
  struct Parts {
    MirrorOptions options;
    feed::Feed& feed;
    std::unique_ptr<Sink> sink;
    const Clock& clock;
  };
  // `feed` and `clock` must outlive it.
  explicit Mirror(Parts parts);
  // Stops.
  ~Mirror() override;

  const std::string& name() const { return options_.name; }

  // Starts the thread. Called once.
  void Start();
  // Begins to stop; a transaction under way is taken back. From any thread.
  void RequestStop() ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, and waits for the thread. False if it has not ended by then: it hangs in the sink.
  bool StopWithin(absl::Duration timeout);

  // MirrorControl.
  MirrorStatus Status() const override ABSL_LOCKS_EXCLUDED(mutex_);
  void Pause() override ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() override ABSL_LOCKS_EXCLUDED(mutex_);
  void Rewind(const Token& token, std::function<void(absl::Status)> done) override
      ABSL_LOCKS_EXCLUDED(mutex_);

  // From where on retention must leave the log: all of it while the position is not known yet.
  // Nothing if the position is not in this log. Thread-safe.
  std::optional<Sequence> HoldFrom() const { return progress_.HoldFrom(); }

 private:
  struct RewindRequest {
    Sequence after;
    std::function<void(absl::Status)> done;
  };
  enum class NextAction { kPoll, kStop, kRewind, kSend };

  // While nothing that passes is mirrored, the position is written this often.
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
  // Commits with the position after `last_change`.
  absl::Status CommitUpTo(Sequence last_change);
  absl::StatusOr<MirrorPosition> PositionAfter(Sequence last_change) const;
  absl::Status DoRewind();

  // False: to stop.
  bool WaitWhilePausedOrParked() ABSL_LOCKS_EXCLUDED(mutex_);
  NextAction WaitForNextAction() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWork() const;
  // Until there may be work without any publication.
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
  const std::string instance_;
  MirrorProgress progress_;

  // The thread's own.
  Sequence committed_;         // last change that the position in the sink covers
  Sequence read_;              // last change that was looked at; between the two none has records
  feed::FramePtr last_frame_;  // that holds `read_`; may be null
  bool owner_ = false;         // the position in the sink was ours when last seen
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
  bool take_over_ ABSL_GUARDED_BY(mutex_) = false;  // resumed after another mirror had shut us out
  std::optional<RewindRequest> rewind_ ABSL_GUARDED_BY(mutex_);

  bool started_ = false;
  absl::Notification ended_;
  std::thread thread_;
};

}  // namespace millrace::mirror

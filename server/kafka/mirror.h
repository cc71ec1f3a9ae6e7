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
#include "config/kafka_options.h"
#include "feed/feed.h"
#include "feed/position.h"
#include "kafka/batch.h"
#include "kafka/change_reader.h"
#include "kafka/encoder_parts.h"
#include "kafka/mirror_control.h"
#include "kafka/mirror_progress.h"
#include "kafka/position_topic.h"
#include "kafka/producer.h"
#include "kafka/record.h"
#include "kafka/routes.h"
#include "kafka/topics.h"
#include "kafka/waiter.h"
#include "schema/registry.h"

namespace millrace::kafka {

using EncoderFactory =
    std::function<absl::StatusOr<std::unique_ptr<ChangeEncoder>>(const EncoderParts&)>;

// Copies the log to Kafka, each change exactly once: the records of a run of changes and the
// position after them are one Kafka transaction, and the position found in Kafka is where the next
// run begins. One thread; it sleeps while there is nothing to send, and whatever Kafka does, it
// holds back nobody else.
//
// Whenever anything fails, the connection is given up and made anew, which takes back what was not
// committed, and the position is read again: so nothing needs to be known of how far a failed
// commit came. An error that trying again cannot mend parks the mirror until Resume.
class Mirror final : public MirrorControl, private feed::PublicationListener, private Waiter {
 public:
  struct Parts {
    const KafkaOptions& options;
    feed::Feed& feed;
    const schema::Registry& registry;
    EncoderFactory make_encoder;
    const Clock& clock;
  };
  // All parts must outlive it. kInvalidArgument, kFailedPrecondition: the options cannot work,
  // whatever the broker says.
  static absl::StatusOr<std::unique_ptr<Mirror>> Make(const Parts& parts);
  // Stops.
  ~Mirror() override;

  // Starts the thread. Called once.
  void Start();
  // Begins to stop; a transaction under way is taken back. From any thread.
  void RequestStop() ABSL_LOCKS_EXCLUDED(mutex_);
  // The same, and waits for the thread. False if it has not ended by then: it hangs in librdkafka.
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
  // A connection, and what is known through it.
  struct Session {
    std::unique_ptr<Producer> producer;
    std::unique_ptr<Topics> topics;
  };
  struct RewindRequest {
    Sequence after;
    std::function<void(absl::Status)> done;
  };
  enum class Wish { kNothing, kStop, kRewind, kSend };

  // While nothing that passes is mirrored, the position is written this often.
  static constexpr Micros kQuietPeriod = 1'000'000;

  Mirror(const Parts& parts, std::unique_ptr<Routes> routes);

  void Run();
  absl::Status RunSession();
  absl::Status MakeEncoder();
  absl::Status Connect(Session& session);
  absl::Status CheckOwner();
  absl::Status TakePosition(Session& session);
  absl::StatusOr<Sequence> FindPlace(const std::optional<MirrorPosition>& stored);
  absl::Status SendChanges(Session& session);
  absl::Status FillBatch(Batch& batch);
  absl::Status TakeFrame(const feed::FramePtr& frame, Micros deadline, Batch& batch, bool& full);
  absl::Status AddHeartbeat(Batch& batch);
  // Adds the position after `passed` and commits.
  absl::Status CommitAt(Sequence passed, Session& session, Batch& batch);
  absl::StatusOr<std::string> PositionTextAt(Sequence passed) const;
  absl::Status DoRewind(Session& session);

  // False: to stop.
  bool WaitUntilWanted() ABSL_LOCKS_EXCLUDED(mutex_);
  Wish WaitForWish() ABSL_LOCKS_EXCLUDED(mutex_);
  bool HasWork() const;
  // Until there may be work without any publication.
  absl::Duration TimeToWork() const;
  bool HeartbeatIsDue() const;
  void HandleFailure(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  void WaitBeforeRetry(absl::Duration pause) ABSL_LOCKS_EXCLUDED(mutex_);
  bool RewindIsPending() const ABSL_LOCKS_EXCLUDED(mutex_);
  void AnswerRewind(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status WithTable(const absl::Status& status);

  void OnPublished() override ABSL_LOCKS_EXCLUDED(mutex_);
  bool ShouldStop() const override { return stopping_.load(std::memory_order_relaxed); }
  void OnLongWait(const absl::Status& why) override;

  const KafkaOptions& options_;
  feed::Feed& feed_;
  const schema::Registry& registry_;
  const Clock& clock_;
  const std::unique_ptr<Routes> routes_;
  const EncoderFactory make_encoder_;
  const std::string instance_;
  MirrorProgress progress_;

  // The thread's own.
  ChangeReader reader_;
  std::unique_ptr<ChangeEncoder> encoder_;  // of the session: it may have told what was taken back
  Sequence passed_;                         // last change that Kafka's position covers
  Sequence read_;              // last change that was looked at; between the two none has records
  feed::FramePtr last_frame_;  // that holds `read_`; may be null
  bool owner_ = false;         // the position in Kafka was ours when last seen
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

}  // namespace millrace::kafka

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "coverage/coverage.h"
#include "ingest/commit_group.h"
#include "ingest/committer.h"
#include "log/log.h"
#include "schema/registry.h"
#include "transcode/frame_builder.h"

namespace millrace::ingest {

// Decides when what a producer has read goes to disk, and has it committed on another thread. While
// the producer has more at hand, groups gather: a write, a sync and a wake-up of readers cost the
// same for one frame as for several. Knows nothing of where the changes come from.
//
// Belongs to the ingest thread, but for disk_error and GiveUpWaiting.
class Writer {
 public:
  // So many bytes of frames and records go to the committer at once, whatever follows.
  static constexpr size_t kGatherBytes = 1 << 20;
  // Ended transactions wait no longer than this much of the producer's input: what follows them may
  // be of tables that nobody captures, or a large transaction.
  static constexpr uint64_t kUnpushedInputBytesMax = 4 << 20;
  // A position that moved without captured changes is stored this often, so that a restart does not
  // read far back.
  static constexpr Micros kPositionInterval = 1'000'000;

  // Who adds the changes. Called on the ingest thread, for groups and not for each event.
  class Producer {
   public:
    virtual ~Producer() = default;
    // As GroupBuilder::Take.
    virtual std::optional<CommitGroup> TakeGroup(bool drop_staged) = 0;
    // The writer has accepted the group that TakeGroup returned.
    virtual void AfterHandOver() = 0;
    // Whether the open frame may be closed, as EventProcessor::may_close_frame.
    virtual bool MayCloseFrame() const = 0;
    // True if the position, between two transactions, moved without a captured change since this
    // last returned true.
    virtual bool TakePositionMoved() = 0;
  };

  // All must outlive it.
  struct Parts {
    log::Log& log;
    schema::Registry& registry;
    coverage::Coverage& coverage;
    const Clock& clock;
    Committer::Options committer;
  };
  explicit Writer(Parts parts) : parts_(std::move(parts)) {}

  // Starts the thread that commits. The producer adds its changes to `frames`; both must live until
  // End. Before all that follows, once.
  void Begin(transcode::FrameBuilder& frames, Producer& producer) ABSL_LOCKS_EXCLUDED(mutex_);
  bool has_started() const { return committer_ != nullptr; }

  // The functions below fail as Committer::status; kCancelled: the committer takes no more.

  // The producer has read so much of its input.
  void NoteInput(size_t bytes) { input_since_push_ += bytes; }
  // After an event that left a transaction in progress: hands over the frames that a large one has
  // left behind.
  absl::Status AfterEvent() {
    if (!frames_->has_closed_frames() && !InputLimitReached()) [[likely]]
      return absl::OkStatus();
    return HandOverInTransaction();
  }
  struct TransactionEnd {
    bool drop_staged = false;  // as CommitGroup
    bool more = false;         // the producer has more input at hand
  };
  // After an event that left none in progress.
  absl::Status AfterTransaction(const TransactionEnd& end);
  // Takes the next group, if there is one. It goes to the committer at once or with what follows.
  absl::Status HandOver(bool drop_staged);
  // The same, and it goes at once with all that has gathered.
  absl::Status Flush(bool drop_staged);
  // Gives this group to the committer, past those that have gathered.
  absl::Status Push(CommitGroup group);

  // OK, or why the committer gave up.
  absl::Status status() const { return has_started() ? committer_->status() : absl::OkStatus(); }
  // Waits until what was given to the committer is on disk, or has failed, and ends the thread.
  void End() ABSL_LOCKS_EXCLUDED(mutex_);

  // As of Committer; OK while there is no thread. From any thread.
  absl::Status disk_error() const ABSL_LOCKS_EXCLUDED(mutex_);
  // As of Committer; holds for the thread of a later Begin as well. From any thread.
  void GiveUpWaiting() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status HandOverInTransaction();
  absl::Status Gather(CommitGroup group);
  // Gives the committer what has gathered.
  absl::Status PushGathered();
  bool InputLimitReached() const { return input_since_push_ >= kUnpushedInputBytesMax; }
  // Gives the committer all that has ended.
  absl::Status PushFinished();
  bool PositionIsDue();

  const Parts parts_;
  transcode::FrameBuilder* frames_ = nullptr;
  Producer* producer_ = nullptr;
  std::optional<CommitGroup> gathered_;
  uint64_t input_since_push_ = 0;  // bytes
  Micros position_taken_at_ = 0;   // steady

  mutable absl::Mutex mutex_;
  bool gave_up_ ABSL_GUARDED_BY(mutex_) = false;
  // The ingest thread sets it under `mutex_`, under which other threads use it.
  std::unique_ptr<Committer> committer_;
};

}  // namespace millrace::ingest

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

// Decides when data that a producer has read goes to disk, and has another thread commit it. While
// the producer has more input, groups are gathered: a write, an fsync and a wake-up of readers cost
// the same for one frame as for several. Independent of where the changes come from.
//
// Belongs to the ingest thread, except disk_error and GiveUpWaiting.
class Writer {
 public:
  // When this many bytes of frames and records have gathered, they go to the committer at once.
  static constexpr size_t kGatherBytes = 1 << 20;
  // Finished transactions wait for at most this much more input of the producer: the input may
  // concern tables that are not captured, or be one large transaction.
  static constexpr uint64_t kUnpushedInputBytesMax = 4 << 20;
  // How often to store a position that moved without captured changes, so that a restart does not
  // reread much.
  static constexpr Micros kPositionInterval = 1'000'000;

  // Adds the changes. The writer calls it on the ingest thread, once a group rather than once an
  // event.
  class Producer {
   public:
    virtual ~Producer() = default;
    // See GroupBuilder::Take.
    virtual std::optional<CommitGroup> TakeGroup(bool drop_staged) = 0;
    // Called after the writer has accepted the group that TakeGroup returned.
    virtual void AfterHandOver() = 0;
    // Whether the open frame may be closed, see EventProcessor::may_close_frame.
    virtual bool MayCloseFrame() const = 0;
    // True between two transactions if the position has moved without a captured change since this
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

  // Starts the commit thread. The producer adds its changes to `frames`; both must live until End.
  // Call it once, before the functions below.
  void Begin(transcode::FrameBuilder& frames, Producer& producer) ABSL_LOCKS_EXCLUDED(mutex_);
  bool has_started() const { return committer_ != nullptr; }

  // The functions below return the error of Committer::status; kCancelled: the committer accepts no
  // more groups.

  // Notes that the producer has read this much input.
  void NoteInput(size_t bytes) { input_since_push_ += bytes; }
  // Call after an event inside a transaction. Hands over the frames that a large transaction has
  // filled.
  absl::Status AfterEvent() {
    if (!frames_->has_closed_frames() && !InputLimitReached()) [[likely]]
      return absl::OkStatus();
    return HandOverInTransaction();
  }
  struct TransactionEnd {
    bool drop_staged = false;  // see CommitGroup
    bool more = false;         // the producer has more input ready
  };
  // Call after an event outside of a transaction.
  absl::Status AfterTransaction(const TransactionEnd& end);
  // Takes the next group, if there is one. The group goes to the committer at once or with later
  // groups.
  absl::Status HandOver(bool drop_staged);
  // Takes the next group and passes it to the committer at once, with all gathered groups.
  absl::Status Flush(bool drop_staged);
  // Passes this group to the committer, ahead of the gathered ones.
  absl::Status Push(CommitGroup group);

  // OK, or why the committer stopped.
  absl::Status status() const { return has_started() ? committer_->status() : absl::OkStatus(); }
  // Waits until all groups of the committer are on disk or have failed, and ends the thread.
  void End() ABSL_LOCKS_EXCLUDED(mutex_);

  // See Committer; OK while no thread runs. From any thread.
  absl::Status disk_error() const ABSL_LOCKS_EXCLUDED(mutex_);
  // See Committer; also applies to the thread of a later Begin. From any thread.
  void GiveUpWaiting() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status HandOverInTransaction();
  absl::Status Gather(CommitGroup group);
  // Passes the gathered groups to the committer.
  absl::Status PushGathered();
  bool InputLimitReached() const { return input_since_push_ >= kUnpushedInputBytesMax; }
  // Passes all finished transactions to the committer.
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
  // The ingest thread sets it under `mutex_`; other threads use it under `mutex_`.
  std::unique_ptr<Committer> committer_;
};

}  // namespace millrace::ingest

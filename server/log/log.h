// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "config/log_options.h"
#include "log/frame.h"
#include "log/frame_compression.h"
#include "log/read_from.h"
#include "log/retention.h"
#include "log/visible_mark.h"
#include "metrics/counters.h"
#include "model/sequence.h"

namespace rocksdb {
class WriteBatch;
}

namespace millrace::log {

class Database;
struct StorageSeams;

// Kinds of small named records stored beside the frames, each in its own RocksDB column family.
// Keys of kMeta that start with "log." belong to the log itself and cannot be used as records.
enum class RecordKind { kMeta, kSchema, kSubscription };

struct Record {
  RecordKind kind;
  std::string key;
  std::optional<std::string> value;  // nullopt: remove
};

// The first sequence of a frame, and its bytes from Frame::Serialize or SerializeWithoutChecksum.
using StoredFrame = std::pair<Sequence, std::string>;

// Frames that become visible together, and the data that must reach the disk atomically with them.
struct Batch {
  std::vector<StoredFrame> frames;
  std::vector<Record> records;  // for example new table versions
  // The newest sequence once the batch is visible, including frames that were staged before. Not
  // less than the current newest.
  Sequence newest;
  Micros commit_time_max = 0;
  std::string source_position;  // binary SourcePosition after the batch; opaque to the log
};

// The retained sequences. Empty log: oldest = newest + 1.
struct Range {
  Sequence oldest;
  Sequence newest;
};

// Counts of what the log has written since it was opened.
struct WriteCounts {
  uint64_t frames = 0;
  uint64_t frame_bytes = 0;    // before compression
  uint64_t commits = 0;        // each one fsync, unless durability is relaxed
  Micros commit_duration = 0;  // total of all commits
};

// The log. One thread calls Stage, DropStaged and Commit; one thread calls Trim. All other methods
// are thread-safe.
//
// Frames are dense: each starts where the previous frame ends. This includes staged frames.
//
// Errors of all writing methods (reading continues in both cases):
//  - kResourceExhausted DISK_FULL: nothing became visible; retry the same call. Only Trim works on
//    a full disk, in the space of the ballast.
//  - kInternal STORAGE_FAILED: the write may or may not have reached the disk, so the log rejects
//    all writes until it is opened again. It never retries a failed fsync.
class Log {
  struct Key {};  // only Open can construct it

 public:
  Log(Key, const LogOptions& options, const Clock& clock, std::unique_ptr<Database> database,
      VisibleMark mark);
  // Opens the log in `options.directory`; creates it (mode 0700) if absent. Removes frames that
  // were staged but not committed. If the disk has no room for that, opens the log for reading;
  // each writing method then first checks for room. Errors:
  //  - kFailedPrecondition DATA_DIRECTORY_IN_USE, FORMAT_TOO_NEW, or DATA_DIRECTORY_FOREIGN (not
  //    empty and not a log);
  //  - kDataLoss LOG_DAMAGED: the oldest or newest frame or a meta record is unreadable, or changes
  //    that were visible are missing;
  //  - kInternal STORAGE_FAILED, with RocksDB's message and the path.
  static absl::StatusOr<std::unique_ptr<Log>> Open(const LogOptions& options, const Clock& clock);
  // The same with storage that a test controls.
  static absl::StatusOr<std::unique_ptr<Log>> Open(const LogOptions& options, const Clock& clock,
                                                   const StorageSeams& seams);
  ~Log();

  // A random identity, chosen when the log was created.
  uint64_t log_id() const { return log_id_; }
  Range range() const;
  // Source position of the last committed batch; empty for a new log.
  std::string source_position() const;
  Micros commit_time_max() const;

  // Writes frames of a transaction that is not committed yet, invisible and without a sync.
  // DropStaged or a crash drops staged frames; a Commit whose `newest` covers them makes them
  // visible.
  absl::Status Stage(const std::vector<StoredFrame>& frames);
  // Removes the staged frames, because the transaction was rolled back or will be read again.
  absl::Status DropStaged();

  // Writes the batch as one RocksDB write batch, syncs (unless durability is relaxed), then makes
  // it visible: range() covers it when Commit returns. After a crash, the log has either the whole
  // batch or nothing of it.
  absl::Status Commit(const Batch& batch);

  // Writes and syncs small records without a batch, all or nothing. Waits for its own sync, and for
  // the sync of at most one Commit; does not delay Commit. Thread-safe. After DISK_FULL the records
  // may or may not be stored: write them again, or write the previous values.
  absl::Status PutRecords(const std::vector<Record>& records);
  absl::StatusOr<std::optional<std::string>> GetRecord(RecordKind kind, std::string_view key) const;
  // All records of a kind, in key order.
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ListRecords(
      RecordKind kind) const;

  // The frame that contains `sequence`. kOutOfRange TOKEN_TRIMMED: below oldest (metadata
  // oldest_sequence); TOKEN_AHEAD: above newest (metadata newest_sequence); kDataLoss LOG_DAMAGED;
  // kInternal STORAGE_FAILED.
  absl::StatusOr<std::shared_ptr<const Frame>> FrameContaining(Sequence sequence) const;
  // Returns frames in order and without gaps, starting with the frame that contains `from`: as many
  // as fit in `bytes_max`, but at least one. Empty if `from` is newest + 1. Uses one iterator with
  // readahead, for readers that lag. Stops before a damaged frame, unless it is the first; the next
  // call reports it. Errors: those of FrameContaining, and NotInMemory.
  absl::StatusOr<std::vector<std::shared_ptr<const Frame>>> ReadFrames(
      Sequence from, size_t bytes_max, ReadFrom source = ReadFrom::kDisk) const;
  // The first frame for which `after_place` is true; null if there is none. `after_place` must be
  // false for a prefix of the log and true for the rest. Searches sequences by bisection: about
  // log2(changes) point reads. kDataLoss LOG_DAMAGED; kInternal STORAGE_FAILED.
  absl::StatusOr<std::shared_ptr<const Frame>> FindFirst(
      const std::function<bool(const Frame&)>& after_place) const;

  // Applies the retention limits by age (see AgeLimit) and by bytes: moves the low-water mark to
  // the start of a frame, on disk first, then deletes whole files below it. Retention by bytes
  // moves in steps of one file. Always keeps the newest frame. `keep_from`, if set, holds back
  // trimming, up to options.hold_bytes_max. A reader at the low-water mark gets its frame or
  // TOKEN_TRIMMED, never a later frame.
  absl::Status Trim(std::optional<Sequence> keep_from);

  // The bytes of all files on disk; the figure can be a second old.
  uint64_t DiskBytes() const;
  WriteCounts written() const;
  const std::string& directory() const { return options_.directory; }

 private:
  // An iterator over frames, and a range of sequences that it sees completely.
  struct View;

  // Opening.
  absl::Status Load();
  absl::Status CheckEmpty() const;
  absl::Status LoadMeta();
  absl::Status CheckFrames() const;
  absl::Status CheckNoVisibleChangeIsLost() const;
  // Completes the steps of opening that need room on the disk, once there is room. Thread-safe.
  absl::Status PrepareToWrite() ABSL_LOCKS_EXCLUDED(prepare_mutex_);
  absl::Status Create();
  absl::Status CheckUnchanged() const;

  // Writing.
  Sequence AddFrames(const std::vector<StoredFrame>& frames, rocksdb::WriteBatch& to);
  void CountFrames(const std::vector<StoredFrame>& frames);
  absl::Status RemoveStaged();
  absl::Status WriteMark(Sequence newest);
  void AddRecords(const std::vector<Record>& records, rocksdb::WriteBatch& to) const;
  void Publish(const Batch& batch);

  // Reading.
  View MakeView(size_t readahead_bytes) const;
  absl::StatusOr<std::shared_ptr<const Frame>> ReadFrameContaining(View& view,
                                                                   Sequence sequence) const;

  // Retention.
  absl::StatusOr<Sequence> ChooseCut(std::optional<Sequence> keep_from);
  absl::StatusOr<Sequence> CutByAge(const Frame& newest);
  absl::StatusOr<Sequence> CutByPlausibleTimes(const Frame& newest);
  absl::StatusOr<Sequence> CutByBytes(uint64_t bytes_max, const Frame& newest) const;
  absl::Status MoveOldest(Sequence oldest);

  const LogOptions options_;
  const Clock& clock_;
  const std::unique_ptr<Database> database_;
  uint64_t log_id_ = 0;  // constant once open
  bool is_new_ = false;  // constant once open: there was no log, so PrepareToWrite creates it

  absl::Mutex prepare_mutex_;  // held by the thread that prepares
  std::atomic<bool> is_prepared_{false};

  // Used by the writing thread only, and before that by the thread that prepares.
  VisibleMark mark_;
  FrameCompressor compressor_;
  Sequence next_;  // the sequence after the last written change, staged or visible

  AgeLimit age_limit_;  // used by the trimming thread only

  // Stored after the value is on disk. To read both, use range() or MakeView.
  std::atomic<uint64_t> oldest_{1};
  std::atomic<uint64_t> newest_{0};

  Counter frames_;
  Counter frame_bytes_;
  Counter commits_;
  Counter commit_micros_;

  mutable absl::Mutex mutex_;
  std::string source_position_ ABSL_GUARDED_BY(mutex_);
  Micros commit_time_max_ ABSL_GUARDED_BY(mutex_) = 0;

  mutable absl::Mutex disk_bytes_mutex_;
  mutable uint64_t disk_bytes_ ABSL_GUARDED_BY(disk_bytes_mutex_) = 0;
  mutable std::optional<Micros> disk_bytes_at_ ABSL_GUARDED_BY(disk_bytes_mutex_);
};

}  // namespace millrace::log

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

// Small records stored beside the frames, by name. Each is one RocksDB column family. Keys of kMeta
// that begin with "log." belong to the log itself: they cannot be written or read as records.
enum class RecordKind { kMeta, kSchema, kSubscription };

struct Record {
  RecordKind kind;
  std::string key;
  std::optional<std::string> value;  // nothing: remove
};

// First sequence of a frame, and what Frame::Serialize or SerializeWithoutChecksum made of it.
using StoredFrame = std::pair<Sequence, std::string>;

// Frames that become visible together, with everything that must be on disk in the same moment.
struct Batch {
  std::vector<StoredFrame> frames;
  std::vector<Record> records;  // new table versions
  // Newest sequence once the batch is visible: frames staged before and these. Not less than now.
  Sequence newest;
  Micros commit_time_max = 0;
  std::string source_position;  // binary SourcePosition after the batch; opaque here
};

// What is retained. Empty log: oldest = newest + 1.
struct Range {
  Sequence oldest;
  Sequence newest;
};

// What the log has written since it was opened.
struct WriteCounts {
  uint64_t frames = 0;
  uint64_t frame_bytes = 0;  // before they were compressed
  uint64_t commits = 0;      // each one fsync, unless durability is relaxed
  Micros commit_time = 0;    // in all of them
};

// The log. One thread calls Stage, DropStaged and Commit, one thread calls Trim; everything else is
// thread-safe.
//
// Frames are dense: each begins where the one before it ends, staged ones included.
//
// Errors of all writing methods: kResourceExhausted DISK_FULL: nothing became visible, and the same
// call is to be tried again. Only Trim works on a full disk, with the space of the ballast.
// kInternal STORAGE_FAILED: it is not known whether the write reached the disk, so the log refuses
// all further writes until it is opened again (a failed fsync is never retried). Reading goes on in
// both cases.
class Log {
  struct Key {};  // only Open makes it

 public:
  Log(Key, const LogOptions& options, const Clock& clock, std::unique_ptr<Database> database,
      VisibleMark mark);
  // Opens the log in `options.directory`, creating it (mode 0700) if absent. Frames that were
  // staged and never committed are removed. On a disk without room for that the log is open all the
  // same, for reading; each writing method then tries first whether there is room. Errors:
  // kFailedPrecondition DATA_DIRECTORY_IN_USE, FORMAT_TOO_NEW, DATA_DIRECTORY_FOREIGN (not empty
  // and not ours); kDataLoss LOG_DAMAGED: oldest or newest frame or meta unreadable, or changes
  // that were already visible are gone; kInternal STORAGE_FAILED with RocksDB's words and the path.
  static absl::StatusOr<std::unique_ptr<Log>> Open(const LogOptions& options, const Clock& clock);
  // The same over a file system that a test controls.
  static absl::StatusOr<std::unique_ptr<Log>> Open(const LogOptions& options, const Clock& clock,
                                                   const StorageSeams& seams);
  ~Log();

  // Random identity made when the log was created.
  uint64_t log_id() const { return log_id_; }
  Range range() const;
  // Source position of the last committed batch; empty for a new log.
  std::string source_position() const;
  Micros commit_time_max() const;

  // Writes frames of a transaction that is not committed yet. Not visible, not synced. A staged
  // frame is dropped by DropStaged, by a crash, or becomes visible by a Commit whose `newest`
  // covers it.
  absl::Status Stage(const std::vector<StoredFrame>& frames);
  // Removes staged frames above the newest visible sequence: the transaction was rolled back or is
  // read anew.
  absl::Status DropStaged();

  // Writes the batch in one RocksDB write batch, syncs (unless durability is relaxed), then makes
  // it visible: range() covers it when Commit returns. All or, after a crash, nothing.
  absl::Status Commit(const Batch& batch);

  // Writes small records outside of a batch, synced, all or nothing. Waits for the disk, but
  // neither holds up Commit nor waits for one longer than its sync. Thread-safe. After DISK_FULL
  // the records may be stored nevertheless: write them again, or what was there before.
  absl::Status PutRecords(const std::vector<Record>& records);
  absl::StatusOr<std::optional<std::string>> GetRecord(RecordKind kind, std::string_view key) const;
  // In key order. Bounded by what is stored there.
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ListRecords(
      RecordKind kind) const;

  // The frame that holds `sequence`. kOutOfRange TOKEN_TRIMMED below oldest (metadata
  // oldest_sequence), TOKEN_AHEAD above newest (metadata newest_sequence); kDataLoss LOG_DAMAGED;
  // kInternal STORAGE_FAILED.
  absl::StatusOr<std::shared_ptr<const Frame>> FrameContaining(Sequence sequence) const;
  // Frames from the one that holds `from` on, in order, without gap, as many as fit `bytes_max` and
  // at least one; empty if `from` is newest + 1. One iterator with readahead, for readers that lag.
  // A damaged frame behind the first one ends the answer before it; the next call reports it.
  // Errors as FrameContaining, and NotInMemory.
  absl::StatusOr<std::vector<std::shared_ptr<const Frame>>> ReadFrames(
      Sequence from, size_t bytes_max, ReadFrom source = ReadFrom::kDisk) const;
  // First frame for which `after_place` is true; it must be false for a prefix of the log and true
  // for the rest. Binary search over sequences, so about log2(changes) point reads. Nothing if
  // false for all. kDataLoss LOG_DAMAGED; kInternal STORAGE_FAILED.
  absl::StatusOr<std::shared_ptr<const Frame>> FindFirst(
      const std::function<bool(const Frame&)>& after_place) const;

  // Applies retention by age (how age is measured: AgeLimit) and bytes as options say: moves the
  // low-water mark to a frame border, on disk first, then deletes whole files below it. Retention
  // by bytes moves in steps of one file. The newest frame always stays. `keep_from`, if given,
  // holds retention back, up to options.hold_bytes_max. A reader at the edge gets the frame or
  // TOKEN_TRIMMED, never a later frame.
  absl::Status Trim(std::optional<Sequence> keep_from);

  // Bytes of all files on disk; at most a second old.
  uint64_t DiskBytes() const;
  WriteCounts written() const;
  const std::string& directory() const { return options_.directory; }

 private:
  // An iterator over frames and a range all of which it can see.
  struct View;

  // Opening.
  absl::Status Load();
  absl::Status CheckEmpty() const;
  absl::Status LoadMeta();
  absl::Status CheckFrames() const;
  absl::Status CheckNoVisibleChangeIsLost() const;
  // Does what of opening needs room on the disk, once there is some. Thread-safe.
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
  bool is_new_ = false;  // constant once open: there was no log, and PrepareToWrite makes it

  absl::Mutex prepare_mutex_;  // one thread prepares
  std::atomic<bool> is_prepared_{false};

  // Only the writing thread, and who prepares before.
  VisibleMark mark_;
  FrameCompressor compressor_;
  Sequence next_;  // follows the last change written, staged or visible

  AgeLimit age_limit_;  // only the thread that trims

  // WriteCounts after the disk has it; oldest before newest when both are read.
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

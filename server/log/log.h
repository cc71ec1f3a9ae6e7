#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config/log_options.h"
#include "log/frame.h"
#include "model/sequence.h"

namespace millrace::log {

// Small records stored beside the frames, by name. Each is one RocksDB column family.
enum class RecordKind { kMeta, kSchema, kSubscription };

struct Record {
  RecordKind kind;
  std::string key;
  std::optional<std::string> value;  // nothing: remove
};

// Frames that become visible together, with everything that must be on disk in the same moment.
struct Batch {
  std::vector<std::pair<Sequence, std::string>>
      frames;                   // first sequence, bytes of Frame::Serialize
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

// The log. One thread calls Stage, Commit and Trim; everything else is thread-safe.
class Log {
 public:
  // Opens the log in `options.directory`, creating it (mode 0700) if absent. Frames that were
  // staged and never committed are removed. Errors: kFailedPrecondition DATA_DIRECTORY_IN_USE,
  // FORMAT_TOO_NEW, DATA_DIRECTORY_FOREIGN (not empty and not ours); kDataLoss LOG_DAMAGED: newest
  // frame or meta unreadable; kInternal STORAGE_FAILED with RocksDB's words and the path.
  static absl::StatusOr<std::unique_ptr<Log>> Open(const LogOptions& options, const Clock& clock);
  ~Log();

  // Random identity made when the log was created.
  uint64_t log_id() const;
  Range range() const;
  // Source position of the last committed batch; empty for a new log.
  std::string source_position() const;
  Micros commit_time_max() const;

  // Writes frames of a transaction that is not committed yet. Not visible, not synced. A staged
  // frame is dropped by DropStaged, by a crash, or becomes visible by a Commit whose `newest`
  // covers it.
  absl::Status Stage(const std::vector<std::pair<Sequence, std::string>>& frames);
  // Removes staged frames above the newest visible sequence: the transaction was rolled back or is
  // read anew.
  absl::Status DropStaged();

  // Writes the batch in one RocksDB write batch, syncs (unless durability is relaxed), then makes
  // it visible: range() covers it when Commit returns. All or, after a crash, nothing. After a
  // failed commit the log refuses further writes until opened again (a failed fsync is never
  // retried). kInternal STORAGE_FAILED; kResourceExhausted DISK_FULL: nothing was written, may be
  // tried again.
  absl::Status Commit(const Batch& batch);

  // Writes small records outside of a batch, synced. Thread-safe, also beside the writing thread.
  absl::Status PutRecords(const std::vector<Record>& records);
  absl::StatusOr<std::optional<std::string>> GetRecord(RecordKind kind, std::string_view key) const;
  // In key order. Bounded by what is stored there.
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ListRecords(
      RecordKind kind) const;

  // The frame that holds `sequence`. kOutOfRange TOKEN_TRIMMED below oldest, TOKEN_AHEAD above
  // newest; kDataLoss LOG_DAMAGED.
  absl::StatusOr<std::shared_ptr<const Frame>> FrameHolding(Sequence sequence) const;
  // Frames from the one that holds `from` on, in order, without gap, as many as fit `bytes_max` and
  // at least one; empty if `from` is newest + 1. One iterator with readahead, for readers that lag.
  // Errors as FrameHolding.
  absl::StatusOr<std::vector<std::shared_ptr<const Frame>>> ReadFrames(Sequence from,
                                                                       size_t bytes_max) const;
  // First frame for which `after_place` is true; it must be false for a prefix of the log and true
  // for the rest. Binary search over sequences, so about log2(changes) point reads. Nothing if
  // false for all.
  absl::StatusOr<std::shared_ptr<const Frame>> FindFirst(
      const std::function<bool(const Frame&)>& after_place) const;

  // Applies retention by age and bytes as options say: moves the low-water mark to a frame border,
  // deletes whole files below it. The newest frame always stays. `keep_from`, if given, holds
  // retention back, up to options.hold_bytes_max.
  absl::Status Trim(std::optional<Sequence> keep_from);

  // Bytes of all files on disk.
  uint64_t DiskBytes() const;

 private:
  class State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace::log

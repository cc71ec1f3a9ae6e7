// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "feed/feed.h"
#include "mirror/waiter.h"
#include "model/sequence.h"

namespace millrace::mirror {

// A mirror's position as stored in the sink. It is committed in one transaction with the records
// before it, so position and records always agree.
struct MirrorPosition {
  uint64_t log_id = 0;
  Sequence sequence;         // last change that the sink contains
  std::string resume_token;  // the same position, to find it in another log
  std::string instance;      // the mirror that wrote it; random for each Mirror object
  Micros time = 0;           // when it was written, Unix time

  friend bool operator==(const MirrorPosition&, const MirrorPosition&) = default;
};

// Records and bytes written to one topic.
struct TopicCount {
  uint64_t records = 0;
  uint64_t bytes = 0;
};
using TopicCounts = std::map<std::string, TopicCount, std::less<>>;

// The destination that a mirror copies the log to. It writes changes and the position after them in
// transactions; each is committed as a whole or not at all. After any error the caller closes and
// reopens the sink; the position it then reads shows what was committed. MirrorMayRetry decides
// which errors a retry can fix. kCancelled: the waiter gave up. Not thread-safe.
class Sink {
 public:
  // How much of a frame was added.
  struct AddResult {
    Sequence last_change;  // last change that was added, or skipped since it has no records
    bool full = false;     // commit the transaction before adding more
  };
  virtual ~Sink() = default;

  // Returns the newest committed position, or nothing if there is none. Also allowed while closed.
  // Does not fence other mirrors.
  virtual absl::StatusOr<std::optional<MirrorPosition>> ReadPosition(Waiter& waiter) = 0;
  // Connects and fences any other mirror of the same name: its open transaction is aborted.
  // `waiter` must outlive the connection.
  virtual absl::Status Open(Waiter& waiter) = 0;
  // Drops the connection and everything uncommitted. Does nothing while closed.
  virtual void Close() = 0;
  // Called at least every ten seconds while there is nothing to send.
  virtual void Poll() = 0;

  // Begins a transaction; this may cost nothing until something is added. This call and those below
  // require an open sink.
  virtual absl::Status Begin() = 0;
  // Adds the changes of `frame` starting at `from`, until the frame ends, the transaction is full,
  // or the steady clock reaches `deadline`.
  virtual absl::StatusOr<AddResult> Add(const feed::FramePtr& frame, Sequence from,
                                        Micros deadline) = 0;
  // Adds a heartbeat, if the format has one. `now`: Unix time.
  virtual absl::Status AddHeartbeat(Micros now) = 0;
  // Whether the transaction contains any record.
  virtual bool HasRecords() const = 0;
  // Commits the transaction together with `position`. Returns the counts of its other records.
  virtual absl::StatusOr<TopicCounts> Commit(const MirrorPosition& position) = 0;
  // Tries briefly to abort the open transaction, if any.
  virtual void Abort() = 0;

  // The error to report when another mirror of the same name has taken over.
  virtual absl::Status TakenOverError() const = 0;
  // Returns `error` with the name of the table that caused it, if that can be found.
  virtual absl::Status WithTable(const absl::Status& error) const = 0;
};

}  // namespace millrace::mirror

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

// How far a mirror has come, as its sink keeps it: committed together with the records before it,
// so that the two cannot differ.
struct MirrorPosition {
  uint64_t log_id = 0;
  Sequence sequence;         // last change that the sink has
  std::string resume_token;  // of the same place, to find it in another log
  std::string instance;      // of the mirror that wrote it: new whenever one is made
  Micros time = 0;           // of writing, Unix time

  friend bool operator==(const MirrorPosition&, const MirrorPosition&) = default;
};

// Records by topic.
struct TopicCount {
  uint64_t records = 0;
  uint64_t bytes = 0;
};
using TopicCounts = std::map<std::string, TopicCount, std::less<>>;

// Where a mirror copies the log to: takes changes and the position after them in transactions, each
// of which is committed whole or not at all. After an error of any call, the sink is closed and
// opened again; the position read then says what was committed. Errors that a retry does not fix
// are those that MirrorMayRetry refuses. kCancelled: the waiter gave up. Not thread-safe.
class Sink {
 public:
  // How much of a frame was taken.
  struct AddResult {
    Sequence last_change;  // last change that was taken, or has no records here
    bool full = false;     // the transaction is to be committed before more is added
  };
  virtual ~Sink() = default;

  // The newest committed position; nothing if there is none. Also while closed; shuts out nobody.
  virtual absl::StatusOr<std::optional<MirrorPosition>> ReadPosition(Waiter& waiter) = 0;
  // Connects, and shuts out any other mirror of the same name. What that had begun is aborted.
  // `waiter` must outlive the connection.
  virtual absl::Status Open(Waiter& waiter) = 0;
  // Drops the connection with what was not committed. Does nothing if there is none.
  virtual void Close() = 0;
  // Called now and then while there is nothing to send.
  virtual void Poll() = 0;

  // Requires, here and below: open. Begins a transaction, which may cost nothing until something
  // is added.
  virtual absl::Status Begin() = 0;
  // Adds the changes of `frame` from change `from` on, until the frame ends, the transaction is
  // full or the steady clock reaches `deadline`.
  virtual absl::StatusOr<AddResult> Add(const feed::FramePtr& frame, Sequence from,
                                        Micros deadline) = 0;
  // `now`: Unix time.
  virtual absl::Status AddHeartbeat(Micros now) = 0;
  // Whether the transaction holds anything.
  virtual bool HasRecords() const = 0;
  // Commits the transaction with `position`. Returns what it held besides.
  virtual absl::StatusOr<TopicCounts> Commit(const MirrorPosition& position) = 0;
  // Tries for a moment to abort the transaction under way, if any.
  virtual void Abort() = 0;

  // The error of a mirror whose place another one has taken.
  virtual absl::Status TakenOverError() const = 0;
  // `error` with the table that it is about, if that can be found.
  virtual absl::Status WithTable(const absl::Status& error) const = 0;
};

}  // namespace millrace::mirror

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "api/snapshot_start.h"
#include "api/stream_parts.h"
#include "api/subscribe_request.h"
#include "base/clock.h"
#include "feed/cursor.h"
#include "feed/feed.h"
#include "feed/row_json.h"
#include "model/sequence.h"

namespace millrace::api {

// What a stream sends next: the rows of a snapshot if it starts with one, then changes, as JSON if
// it wants that. Not thread-safe: a serving thread and a disk reader take turns.
class StreamSource {
 public:
  // What to send, and where the stream is then.
  struct Step {
    // `ended`: of the whole stream. The token, which names a log if it is set, is also that of a
    // place that the stream did not move from, in a snapshot and at the end.
    feed::Delivery delivery;
    // It waits for the rows of a snapshot, or more of them follow.
    bool in_snapshot = false;
    Sequence passed;            // not in a snapshot: last change passed
    Micros check_again_at = 0;  // in a snapshot: steady time at which to look, if it waits
  };

  // `parts` must outlive it. Errors as SnapshotStart::Make.
  static absl::StatusOr<std::unique_ptr<StreamSource>> Open(const StreamParts& parts,
                                                            SubscribePlan plan);

  // Whether the rows of a snapshot come first.
  bool in_snapshot() const { return snapshot_ != nullptr; }
  // Longest silence that the client wants. Constant.
  Micros progress_interval() const { return progress_interval_; }
  // Before the first step.
  Sequence passed() const { return cursor_.has_value() ? cursor_->passed() : Sequence(); }

  // Takes what comes next, about `bytes_max` of changes at most. Errors as feed::Cursor::Next and
  // SnapshotStart::Next, also NotInMemory; RESOURCE_EXHAUSTED RESPONSE_TOO_LARGE.
  absl::StatusOr<Step> Next(size_t bytes_max, feed::ReadFrom source);

 private:
  StreamSource(const StreamParts& parts, SubscribePlan plan,
               std::unique_ptr<SnapshotStart> snapshot);
  absl::StatusOr<Step> NextOfSnapshot();
  absl::Status MakeJson(Step& step);

  const StreamParts& parts_;
  const bool as_json_;
  const Micros progress_interval_;
  feed::RowJson json_;
  feed::CursorOptions after_snapshot_;       // of the cursor, until there is one
  std::unique_ptr<SnapshotStart> snapshot_;  // until its rows are taken; then there is a cursor
  std::optional<feed::Cursor> cursor_;
};

}  // namespace millrace::api

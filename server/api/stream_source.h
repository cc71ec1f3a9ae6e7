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

// Produces the responses of a stream: first the rows of a snapshot, if requested, then changes; as
// JSON if requested. Not thread-safe: a serving thread and a disk reader take turns.
class StreamSource {
 public:
  // The next changes to send, and the stream's place after them.
  struct Step {
    // `ended` refers to the whole stream. The token is set if its log_id is not 0. It may be set
    // although the stream did not move: in a snapshot, and at the end.
    feed::Delivery delivery;
    // The stream waits for rows of a snapshot, or more of them follow.
    bool in_snapshot = false;
    Sequence passed;            // outside a snapshot: last change passed
    Micros check_again_at = 0;  // waiting in a snapshot: steady time of the next check
  };

  // `parts` must outlive the source. Fails like SnapshotStart::Make.
  static absl::StatusOr<std::unique_ptr<StreamSource>> Open(const StreamParts& parts,
                                                            SubscribePlan plan);

  // Whether rows of a snapshot come first.
  bool in_snapshot() const { return snapshot_ != nullptr; }
  // The longest time between two responses. Constant.
  Micros progress_interval() const { return progress_interval_; }
  // The place before the first step.
  Sequence passed() const { return cursor_.has_value() ? cursor_->passed() : Sequence(); }

  // Takes the next changes, about `bytes_max` at most. Fails like feed::Cursor::Next and
  // SnapshotStart::Next, and with NotInMemory; RESOURCE_EXHAUSTED RESPONSE_TOO_LARGE.
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
  feed::CursorOptions after_snapshot_;  // options of the cursor, until it exists
  // Null once all rows are delivered; then the cursor exists.
  std::unique_ptr<SnapshotStart> snapshot_;
  std::optional<feed::Cursor> cursor_;
};

}  // namespace millrace::api

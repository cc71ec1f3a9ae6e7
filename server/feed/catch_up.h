// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "feed/catch_up_tables.h"
#include "feed/cursor.h"
#include "feed/feed.h"
#include "feed/scanned_change.h"
#include "feed/seen_rows.h"
#include "model/token.h"

namespace millrace::feed {

struct CatchUpOptions {
  CatchUpTables tables;
  uint64_t patterns_digest = 0;
  size_t response_bytes_max = 256 << 10;
  // For what is remembered of rows.
  size_t memory_bytes = 64 << 20;
  // What is left, from a token of an earlier stream; nothing: all.
  std::vector<CatchUpPart> parts;
};

// The rows of tables, each once as READ, made from the log: it is scanned backwards, and the newest
// change of a row tells whether, and how, it is still there. What was seen of rows is remembered;
// where that takes more memory than it may, the rows are split into halves by their digests, and
// the second half is left for a scan of its own. Not thread-safe.
class CatchUp {
 public:
  CatchUp(const Feed& feed, CatchUpOptions options);
  CatchUp(const CatchUp&) = delete;

  // Takes what comes next, in the form of a cursor's. Looks at 4 MiB of the log at most. After the
  // last row `ended` is set, and the token is that of the place after tables.newest. OUT_OF_RANGE
  // SNAPSHOT_EXPIRED: trimmed meanwhile; FAILED_PRECONDITION SNAPSHOT_UNAVAILABLE: a row is known
  // in part only; else as Log::FrameContaining.
  absl::StatusOr<Delivery> Next();

  // Of the place after what was delivered.
  Token token() const;

 private:
  // A change that may have to be sent.
  struct Found {
    const CatchUpTable& table;
    Sequence sequence;
    Sequence transaction;  // its first change
  };
  // What of a segment is sent.
  struct Reads {
    std::string changes;
    uint64_t count = 0;
  };
  enum class Step { kDone, kFull };

  std::vector<SnapshotTable> RemainingTables(const std::vector<CatchUpPart>& parts) const;
  void BeginPart();
  void EndPart();
  void SplitWhileTooLarge();
  CatchUpPart& part() { return parts_.back(); }

  absl::StatusOr<Step> ScanFrame(const FramePtr& frame, Selection& selection);
  absl::StatusOr<Step> ScanSegment(const log::Frame& frame, const log::Segment& segment,
                                   Sequence last, Selection& selection);
  absl::StatusOr<Step> ScanRun(const log::Frame& frame, const log::Run& run, Found found,
                               const Selection& selection);
  absl::StatusOr<Step> ScanChange(const Found& found, const Selection& selection);
  absl::StatusOr<Step> ScanChangeByKey(const Found& found, const Selection& selection);
  absl::StatusOr<Step> ScanChangeByRow(const Found& found, const Selection& selection);
  // Whether the row of `change_` is to be sent, and has room.
  absl::StatusOr<Step> Deliver(const Found& found, const Selection& selection);
  void Emit(const log::Frame& frame, const log::Segment& segment, Selection& selection);

  const Feed& feed_;
  const CatchUpTables tables_;
  const uint64_t patterns_digest_;
  const size_t response_bytes_max_;
  const size_t memory_bytes_;
  absl::flat_hash_map<uint32_t, const CatchUpTable*> by_id_;

  std::vector<CatchUpPart> parts_;  // to be done; the last one is in progress
  Sequence at_;                     // changes at and behind it have been looked at in this part
  SeenRows seen_;
  RowDigester digester_;

  // Scratch.
  ScannedChange change_;
  std::vector<std::string_view> run_;
  Reads reads_;
};

}  // namespace millrace::feed

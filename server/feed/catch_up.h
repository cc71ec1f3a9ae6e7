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
  // For the digests of rows already seen.
  size_t memory_bytes = 64 << 20;
  // The remaining parts, from the token of an earlier stream. Empty: all rows.
  std::vector<CatchUpPart> parts;
};

// Produces each current row of the tables once, as READ, from the log alone. It scans backwards:
// the newest change of a row decides whether the row still exists and what it contains. It
// remembers which rows it has seen. When they exceed the memory limit, it splits the rows into
// halves by digest and leaves the second half for a separate scan. Not thread-safe.
class CatchUp {
 public:
  CatchUp(const Feed& feed, CatchUpOptions options);
  CatchUp(const CatchUp&) = delete;

  // Takes the next rows, in the same form as Cursor::Next. Scans at most 4 MiB of the log. After
  // the last row it sets `ended`, and the token is that of the place after tables.newest.
  // OUT_OF_RANGE SNAPSHOT_EXPIRED: the log was trimmed during the scan. FAILED_PRECONDITION
  // SNAPSHOT_UNAVAILABLE: the log has only some columns of a row. Otherwise fails like
  // Log::FrameContaining.
  absl::StatusOr<Delivery> Next();

  // The token after everything delivered so far.
  Token token() const;

 private:
  // The change being examined.
  struct Found {
    const CatchUpTable& table;
    Sequence sequence;
    Sequence transaction;  // its first change
  };
  // The rows of one segment to send.
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
  // Queues the row of `change_` unless an earlier stream sent it. kFull: the response has no room.
  absl::StatusOr<Step> Deliver(const Found& found, const Selection& selection);
  void Emit(const log::Frame& frame, const log::Segment& segment, Selection& selection);

  const Feed& feed_;
  const CatchUpTables tables_;
  const uint64_t patterns_digest_;
  const size_t response_bytes_max_;
  const size_t memory_bytes_;
  absl::flat_hash_map<uint32_t, const CatchUpTable*> by_id_;

  std::vector<CatchUpPart> parts_;  // still to scan; the last one is in progress
  Sequence at_;                     // changes at and after it have been scanned in this part
  SeenRows seen_;
  RowDigester digester_;

  // Reused buffers.
  ScannedChange change_;
  std::vector<std::string_view> run_;
  Reads reads_;
};

}  // namespace millrace::feed

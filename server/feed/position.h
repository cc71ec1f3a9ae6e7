// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "feed/feed.h"
#include "model/gtid_set.h"
#include "model/token.h"

namespace millrace::feed {

// A place in the log, and how it came about.
struct Place {
  Sequence after;                   // last change before it
  bool inside_transaction = false;  // changes of the same transaction lie on both sides
};

// OUT_OF_RANGE SNAPSHOT_EXPIRED.
absl::Status SnapshotExpired();

// The token of the place after change `sequence` of `frame`, which holds it.
absl::StatusOr<Token> TokenAfter(uint64_t log_id, const log::Frame& frame, Sequence sequence);

// The token of the place after everything: the newest change, and transactions of the source that
// came after it and hold nothing for this log.
Token NewestToken(const Feed& feed);

// With ReadFrom::kMemory the functions below may return NotInMemory().

// The token of the place after `sequence`, wherever it lies in what is retained; zero or one less
// than the oldest is the beginning. Errors as Log::FrameContaining.
absl::StatusOr<Token> TokenAfter(const Feed& feed, Sequence sequence,
                                 ReadFrom source = ReadFrom::kDisk);

// The place that a token stands for here. A token of this log must lie within what is retained; one
// of another log is found by its GTID set, at the start of the transaction it lies in. OUT_OF_RANGE
// TOKEN_TRIMMED (metadata oldest_token), TOKEN_AHEAD; FAILED_PRECONDITION TOKEN_OF_ANOTHER_LOG;
// DATA_LOSS LOG_DAMAGED. One that was given out among the rows of a snapshot stands for the place
// after which changes follow the rows; OUT_OF_RANGE SNAPSHOT_EXPIRED: the rows are left no more.
absl::StatusOr<Place> Resolve(const Feed& feed, const Token& token,
                              ReadFrom source = ReadFrom::kDisk);

// Whether Resolve finds the place. Of a token of this log that needs no frame.
absl::Status CheckResolves(const Feed& feed, const Token& token, ReadFrom source);

// After a change number, with the same errors.
absl::StatusOr<Place> ResolveSequence(const Feed& feed, Sequence after,
                                      ReadFrom source = ReadFrom::kDisk);

// Before the first transaction that `gtids` does not hold. OUT_OF_RANGE POSITION_NOT_FOUND: `gtids`
// lacks transactions that have been trimmed, or holds none of what this log saw; TOKEN_AHEAD: it
// holds more than this log. INVALID_ARGUMENT GTID_SET_MALFORMED: of the other flavour.
absl::StatusOr<Place> FindGtids(const Feed& feed, const GtidSet& gtids,
                                ReadFrom source = ReadFrom::kDisk);

// Before the first transaction committed at or after `time`. Transactions right before it whose own
// clock was far ahead or behind are taken along, for when they were committed is not known (see
// log/commit_time.h). OUT_OF_RANGE POSITION_NOT_FOUND: it may have been trimmed, or `time` is to
// come: later than the present, `now`, and log::kClockAheadMax.
absl::StatusOr<Place> FindCommitTime(const Feed& feed, Micros time, Micros now,
                                     ReadFrom source = ReadFrom::kDisk);

}  // namespace millrace::feed

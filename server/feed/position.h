// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "feed/feed.h"
#include "model/gtid_set.h"
#include "model/token.h"

namespace millrace::feed {

// A place in the log.
struct Place {
  Sequence after;                   // last change before the place
  bool inside_transaction = false;  // the place splits a transaction
};

// OUT_OF_RANGE SNAPSHOT_EXPIRED.
absl::Status SnapshotExpired();

// The token of the place after change `sequence` of `frame`. Requires: the frame contains it.
absl::StatusOr<Token> TokenAfter(uint64_t log_id, const log::Frame& frame, Sequence sequence);

// The token of the newest place: after the newest change, and after later transactions of the
// source without changes for this log.
Token NewestToken(const Feed& feed);

// With ReadFrom::kMemory the functions below can also return NotInMemory().

// The token of the place after any retained `sequence`. Zero, or one less than the oldest, is the
// beginning. Fails like Log::FrameContaining.
absl::StatusOr<Token> TokenAfter(const Feed& feed, Sequence sequence,
                                 ReadFrom source = ReadFrom::kDisk);

// The place of a token in this log. A token of this log must be within the retained range. A token
// of another log is found by its GTID set, at the start of its transaction. A token from the middle
// of a snapshot resolves to the place where the changes after the snapshot begin. OUT_OF_RANGE
// TOKEN_TRIMMED (metadata oldest_token), TOKEN_AHEAD, SNAPSHOT_EXPIRED: the log no longer holds the
// rows. FAILED_PRECONDITION TOKEN_OF_ANOTHER_LOG; DATA_LOSS LOG_DAMAGED.
absl::StatusOr<Place> Resolve(const Feed& feed, const Token& token,
                              ReadFrom source = ReadFrom::kDisk);

// Whether Resolve would succeed. A token of this log needs no frame for that.
absl::Status CheckResolves(const Feed& feed, const Token& token, ReadFrom source);

// The place after a change number. Same errors.
absl::StatusOr<Place> ResolveSequence(const Feed& feed, Sequence after,
                                      ReadFrom source = ReadFrom::kDisk);

// The place before the first transaction missing from `gtids`. OUT_OF_RANGE POSITION_NOT_FOUND:
// `gtids` lacks trimmed transactions, or has none of this log's. TOKEN_AHEAD: it has more than this
// log. INVALID_ARGUMENT GTID_SET_MALFORMED: it is of the other flavour.
absl::StatusOr<Place> FindGtids(const Feed& feed, const GtidSet& gtids,
                                ReadFrom source = ReadFrom::kDisk);

// The place before the first transaction committed at or after `time`. Includes the transactions
// right before it whose recorded time is far ahead or behind: their real commit time is unknown
// (see log/commit_time.h). OUT_OF_RANGE POSITION_NOT_FOUND: the transaction may have been trimmed,
// or `time` is later than `now` plus log::kClockAheadMax.
absl::StatusOr<Place> FindCommitTime(const Feed& feed, Micros time, Micros now,
                                     ReadFrom source = ReadFrom::kDisk);

}  // namespace millrace::feed

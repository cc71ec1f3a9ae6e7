// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/sequence.h"

namespace millrace {

// The maximum length of a token's text.
inline constexpr size_t kTokenCharactersMax = 64 << 10;

// A part of a catch-up, which sends the rows of a snapshot to a stream: the rows whose digest has
// `prefix` in its lowest `depth` bits. The digests of one part fit the memory of the catch-up,
// which reads the log once for each part.
struct CatchUpPart {
  static constexpr uint32_t kDepthMax = 32;
  uint32_t depth = 0;
  uint64_t prefix = 0;
  // Rows whose last change is at or after this sequence have been sent.
  Sequence sent;
  friend bool operator==(const CatchUpPart&, const CatchUpPart&) = default;
};

// A table of a snapshot. The changes from `begin` on contain all its rows.
struct SnapshotTable {
  uint32_t table_id = 0;
  Sequence begin;
  friend bool operator==(const SnapshotTable&, const SnapshotTable&) = default;
};

// How far a catch-up, which reads the log backwards, has sent the rows of a snapshot.
struct CatchUpPlace {
  uint64_t patterns_digest = 0;  // of the requested tables
  uint64_t tables_digest = 0;    // of the sent tables and their `begin`
  Sequence begin;                // the lowest sequence needed
  // The parts left to send; the last one is next. Empty: nothing was sent, and the tables are not
  // chosen yet.
  std::vector<CatchUpPart> parts;
  // The tables that have rows left to send, in ascending order of id. A token that lists them can
  // be resumed even after later statements on the tables. nullopt in tokens of earlier versions, or
  // if the list does not fit: the tables are then found again in the log, and must match
  // `tables_digest`.
  std::optional<std::vector<SnapshotTable>> tables = std::nullopt;
  friend bool operator==(const CatchUpPlace&, const CatchUpPlace&) = default;
};

// The value that a client stores to resume: a place in the change log. It contains no table name,
// filter or encoding and grants no right, so it is neither secret nor signed. Format:
// model/FORMAT.md.
struct Token {
  // The log to which `sequence` belongs.
  uint64_t log_id = 0;
  // The last change that the client has seen.
  Sequence sequence;
  // Binary GtidSet of the transactions that end at or before `sequence`, by which another log of
  // the same source finds the place. Empty without GTIDs.
  std::string gtids;
  // If the place is inside a transaction: how many of its changes the client has seen. Another log
  // resumes at the start of that transaction, because it can number or capture its changes
  // differently.
  uint64_t changes_into_transaction = 0;
  // Set while the stream sends the rows of a snapshot, as of `sequence`. The rest of these rows,
  // then all changes after `sequence`, are still to come. Such a token resumes only in its own log.
  std::optional<CatchUpPlace> catch_up = std::nullopt;

  // Text form: URL-safe base64 with a version and a CRC-32, about 24 characters plus the GTID set.
  // Omits a GTID set that is too large for kTokenCharactersMax: the token then resumes only in its
  // own log.
  std::string ToString() const;
  // kInvalidArgument, reason TOKEN_MALFORMED.
  static absl::StatusOr<Token> Parse(std::string_view text);
  friend bool operator==(const Token&, const Token&) = default;
};

// `log_id` for display: 16 hex digits.
std::string LogIdText(uint64_t log_id);

}  // namespace millrace

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

// The longest text of a token.
inline constexpr size_t kTokenCharactersMax = 64 << 10;

// Rows are told apart by digests, and a catch-up goes through the log once for each part of them
// that fits its memory: those whose digest begins with the lowest `depth` bits of `prefix`.
struct CatchUpPart {
  static constexpr uint32_t kDepthMax = 32;
  uint32_t depth = 0;
  uint64_t prefix = 0;
  // Rows last written at or behind it have been sent.
  Sequence sent;
  friend bool operator==(const CatchUpPart&, const CatchUpPart&) = default;
};

// A table of a snapshot: its rows are in its changes from `begin` on.
struct SnapshotTable {
  uint32_t table_id = 0;
  Sequence begin;
  friend bool operator==(const SnapshotTable&, const SnapshotTable&) = default;
};

// How far the rows of a snapshot, which are taken from the log backwards, have been sent.
struct CatchUpPlace {
  uint64_t patterns_digest = 0;  // of the tables asked for
  uint64_t tables_digest = 0;    // of the tables sent, and from where on the log holds them
  Sequence begin;                // lowest change that is needed
  // What is left, the last one next. None: nothing was sent yet, and the tables are still to be
  // looked for.
  std::vector<CatchUpPart> parts;
  // The tables that have rows left to send, ascending, so that nothing that becomes of a table
  // later matters. Nothing in tokens of earlier versions, and where a token has no room for them:
  // the tables are then found by what the log holds of them now, which must have `tables_digest`.
  std::optional<std::vector<SnapshotTable>> tables = std::nullopt;
  friend bool operator==(const CatchUpPlace&, const CatchUpPlace&) = default;
};

// What a client keeps to resume: a place in the change log and nothing more. It names no table,
// filter or encoding and grants nothing, so it is neither secret nor signed. Format:
// model/FORMAT.md.
struct Token {
  // Log that `sequence` counts in.
  uint64_t log_id = 0;
  // Last change seen.
  Sequence sequence;
  // Binary GtidSet of the transactions that lie wholly at or before `sequence`, so that another log
  // of the same source can find the place. Empty without GTIDs.
  std::string gtids;
  // Changes of the next transaction that are already seen: the place is inside a transaction.
  // Another log starts that transaction anew, since it may number or capture its changes otherwise.
  uint64_t changes_into_transaction = 0;
  // Set among the rows of a snapshot, which are those at `sequence`: everything behind it, and
  // these rows, are still to come. Resumes in its own log only.
  std::optional<CatchUpPlace> catch_up = std::nullopt;

  // Text form: URL-safe base64 with a version and a CRC32, about 20 characters and the set. A set
  // too large for kTokenCharactersMax is left out: the token then resumes in its own log only.
  std::string ToString() const;
  // kInvalidArgument, reason TOKEN_MALFORMED.
  static absl::StatusOr<Token> Parse(std::string_view text);
  friend bool operator==(const Token&, const Token&) = default;
};

// `log_id` as people read it: 16 hex digits.
std::string LogIdText(uint64_t log_id);

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coverage/coverage.h"
#include "feed/feed.h"
#include "model/sequence.h"
#include "model/table_name.h"
#include "model/token.h"
#include "schema/registry.h"
#include "transcode/row_key.h"

namespace millrace::feed {

// A table whose rows come from the log.
struct CatchUpTable {
  uint32_t table_id = 0;
  Sequence begin;  // first change that counts
  // The primary key. The whole row if the table has no primary key, if the key is not captured
  // completely, or if it has changed since `begin`.
  transcode::RowKey key;
};

// The tables to catch up on, with their rows as of change `newest`.
struct CatchUpTables {
  Sequence newest;
  Sequence begin;                    // lowest change that counts; newest + 1 if none does
  std::vector<CatchUpTable> tables;  // those with changes up to `newest`
  uint64_t digest = 0;               // of the coverage of the tables
  // Matching tables of which the log lacks rows.
  std::vector<TableName> missing;
};

// Finds the tables that match `patterns`, as of `newest` if given, else as of the newest change.
// With `newest`, a table that had changes by then but is not covered any more is among the missing,
// and the digest differs if the coverage has changed since. Nothing: coverage or definitions are
// being updated right now; retry.
std::optional<CatchUpTables> FindCatchUpTables(const Feed& feed, const coverage::Coverage& coverage,
                                               const schema::Registry& registry,
                                               const TablePatterns& patterns,
                                               std::optional<Sequence> newest);

// The tables that `token` names. INVALID_ARGUMENT TOKEN_MALFORMED: a table is unknown or does not
// match `patterns`, or the token names no tables.
absl::StatusOr<CatchUpTables> CatchUpTablesOf(const Token& token, const schema::Registry& registry,
                                              const TablePatterns& patterns);

// Digest of the patterns exactly as written in a request; their order does not matter.
uint64_t DigestOfPatterns(std::vector<std::string> patterns);

}  // namespace millrace::feed

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

// A table whose rows are to be taken from the log.
struct CatchUpTable {
  uint32_t table_id = 0;
  Sequence begin;  // first change that counts
  // Of its primary key; of the whole row if it has none, or none that is captured as a whole, or
  // had another since `begin`.
  transcode::RowKey key;
};

// The rows of tables as they are after change `newest`.
struct CatchUpTables {
  Sequence newest;
  Sequence begin;                    // lowest change that counts; newest + 1 if none does
  std::vector<CatchUpTable> tables;  // that have changes up to `newest`
  uint64_t digest = 0;               // of what the log holds of which tables
  // Tables asked for of which the log does not hold all rows, or no longer.
  std::vector<TableName> missing;
};

// Finds the tables that match `patterns`, as of the newest change, or as of `newest` if that is
// given: then tables that had changes by then are told among the missing if they are not held any
// more, and the digest differs from then if what the log held of them is another. Nothing: what is
// known of tables is between two places just now; ask again.
std::optional<CatchUpTables> FindCatchUpTables(const Feed& feed, const coverage::Coverage& coverage,
                                               const schema::Registry& registry,
                                               const TablePatterns& patterns,
                                               std::optional<Sequence> newest);

// The same as `token` names them. INVALID_ARGUMENT TOKEN_MALFORMED: a table is not known or does
// not match `patterns`, or none are named.
absl::StatusOr<CatchUpTables> CatchUpTablesOf(const Token& token, const schema::Registry& registry,
                                              const TablePatterns& patterns);

// Digest of patterns as they stand in a request, in any order.
uint64_t DigestOfPatterns(std::vector<std::string> patterns);

}  // namespace millrace::feed

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <set>
#include <tuple>

#include "binlog/event.h"
#include "model/flavour.h"
#include "model/table_name.h"
#include "schema/statement.h"

namespace millrace::ingest {

// The known temporary tables of sessions that log statements. A temporary table hides a table of
// the same name from its session, and its TRUNCATE, ALTER and RENAME look in the binlog like those
// of ordinary tables. Belongs to the ingest thread.
class TemporaryTables {
 public:
  // Beyond this number all are forgotten; statements on them are then ambiguous.
  static constexpr size_t kTablesMax = 10'000;

  // Marks a definition by session `thread` if its tables are temporary or may be.
  void Apply(const binlog::EventHeader& header, uint32_t thread, Flavour flavour,
             schema::Statement& statement);
  // Call when the source has started: no session is left.
  void Clear() { tables_.clear(); }

 private:
  using Key = std::tuple<uint32_t, uint32_t, TableName>;  // server id, thread
  std::set<Key> tables_;
};

}  // namespace millrace::ingest

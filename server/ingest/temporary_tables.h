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

// The temporary tables of sessions that log statements, as far as the stream told of them. One
// hides a table of the same name from its session, and what TRUNCATE, ALTER and RENAME do to it
// stands in the binlog like what they do to tables. Belongs to the ingest thread.
class TemporaryTables {
 public:
  // Beyond, all are forgotten: what concerns them is in doubt then.
  static constexpr size_t kTablesMax = 10'000;

  // Says of a definition by session `thread` whether its tables are temporary, or may be.
  void Apply(const binlog::EventHeader& header, uint32_t thread, Flavour flavour,
             schema::Statement& statement);
  // The source started: no session is left.
  void Clear() { tables_.clear(); }

 private:
  using Key = std::tuple<uint32_t, uint32_t, TableName>;  // server, thread
  std::set<Key> tables_;
};

}  // namespace millrace::ingest

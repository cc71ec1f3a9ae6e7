// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "config/source_options.h"
#include "model/source_position.h"
#include "support/source_server.h"
#include "support/sql_session.h"
#include "system/feed_server.h"

namespace millrace::testing {

// A benchmark that cannot go on prints why and ends with exit code 1.
[[noreturn]] void Die(const absl::Status& status);
void Check(const absl::Status& status);
template <typename T>
T Take(absl::StatusOr<T> value) {
  Check(value.status());
  return *std::move(value);
}

// A stretch of binlog made beforehand, because no source writes as fast as a feed reads.
struct Backlog {
  SourcePosition from;
  SourcePosition to;
  uint64_t rows = 0;          // row changes in it; nothing else in it makes a change
  uint64_t transactions = 0;  // that hold them
};

// What it costs to read a backlog and throw it away.
struct BinlogRead {
  double seconds = 0;
  uint64_t bytes = 0;
};

// A private MySQL with the table bench.account, rows of about 200 bytes, and backlogs of changes to
// it. It does not sync: what is measured is who reads. One thread uses it.
class BacklogSource {
 public:
  // Rows in a transaction of a bulk backlog.
  static constexpr uint64_t kBulkTransactionRows = 10'000;
  // Rows that the table has before any backlog: updates by id find 1 … kRowsAtStart.
  static constexpr uint64_t kRowsAtStart = 1'000;

  // `options`: more of mysqld's.
  explicit BacklogSource(const std::vector<std::string>& options = {});

  // `rows` inserts, then an update of each of these rows: 2 * rows changes in transactions of
  // kBulkTransactionRows, one statement each.
  Backlog MakeBulk(uint64_t rows);
  // Updates of one row, each a transaction.
  Backlog MakeSingle(uint64_t transactions);
  // One transaction that inserts `rows` narrow rows into bench.narrow.
  Backlog MakeBigTransaction(uint64_t rows);

  // The limit beside all that is read from a binlog: over the socket, events discarded, the
  // source's checksums not looked at.
  BinlogRead Read(const Backlog& backlog) const;

  // A fresh millraced that begins to read at `backlog` into an empty log, and does so by now.
  std::unique_ptr<FeedServer> StartAt(const Backlog& backlog) const;

  const SourceServer& server() const { return *source_; }
  SqlSession& sql() { return sql_; }
  // Where the binlog ends now.
  SourcePosition EndOfBinlog() const;

 private:
  void Insert(uint64_t count);
  uint64_t RowCount(const std::string& table);

  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  SourceOptions options_;
};

}  // namespace millrace::testing

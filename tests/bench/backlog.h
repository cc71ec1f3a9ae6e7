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

// Prints the error and ends the benchmark with exit code 1.
[[noreturn]] void Die(const absl::Status& status);
void Check(const absl::Status& status);
template <typename T>
T Take(absl::StatusOr<T> value) {
  Check(value.status());
  return *std::move(value);
}

// A part of the binlog. It is written before the measurement, because no source writes as fast as a
// feed reads.
struct Backlog {
  SourcePosition from;
  SourcePosition to;
  uint64_t rows = 0;          // number of row changes; a backlog has no other changes
  uint64_t transactions = 0;  // number of transactions
};

// Time and size of a backlog that was read and discarded.
struct BinlogRead {
  double seconds = 0;
  uint64_t bytes = 0;
};

// A private MySQL with the table bench.account, rows of about 200 bytes, and backlogs of changes to
// it. It does not sync, because only its readers are measured. One thread uses it.
class BacklogSource {
 public:
  // Rows per transaction of a bulk backlog.
  static constexpr uint64_t kBulkTransactionRows = 10'000;
  // Rows of the table before any backlog: updates by id find 1 … kRowsAtStart.
  static constexpr uint64_t kRowsAtStart = 1'000;

  // `options`: additional options of mysqld.
  explicit BacklogSource(const std::vector<std::string>& options = {});

  // Inserts `rows` rows, then updates each of them: 2 * rows changes in transactions of
  // kBulkTransactionRows, one statement each.
  Backlog MakeBulk(uint64_t rows);
  // Updates one row per transaction.
  Backlog MakeSingle(uint64_t transactions);
  // Inserts `rows` narrow rows into bench.narrow in one transaction.
  Backlog MakeBigTransaction(uint64_t rows);

  // Measures the limit for all reading of a binlog: reads over the socket, discards the events, and
  // does not verify checksums.
  BinlogRead Read(const Backlog& backlog) const;

  // Starts a new millraced with an empty log that reads from the start of `backlog`. Returns when
  // it streams.
  std::unique_ptr<FeedServer> StartAt(const Backlog& backlog) const;

  const SourceServer& server() const { return *source_; }
  SqlSession& sql() { return sql_; }
  // Current end of the binlog.
  SourcePosition EndOfBinlog() const;

 private:
  void Insert(uint64_t count);
  uint64_t RowCount(const std::string& table);

  std::unique_ptr<SourceServer> source_;
  SqlSession sql_;
  SourceOptions options_;
};

}  // namespace millrace::testing

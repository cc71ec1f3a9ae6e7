// SPDX-License-Identifier: Apache-2.0

#include "bench/backlog.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "base/bytes.h"
#include "fmt/format.h"
#include "mysql/binlog_stream.h"
#include "mysql/connection.h"
#include "mysql/current_position.h"
#include "mysql/source_pool.h"

namespace millrace::testing {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr char kColumns[] = "owner, email, balance, opened, changed, state, flags, note";
constexpr char kTable[] =
    "CREATE TABLE bench.account (id BIGINT PRIMARY KEY, owner VARCHAR(64), email VARCHAR(64), "
    "balance DECIMAL(12,2), opened DATETIME(3), changed TIMESTAMP(6), state INT, "
    "flags BIGINT UNSIGNED, note VARCHAR(100)) CHARACTER SET utf8mb4";

// Header of an event:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html
constexpr size_t kTypeAt = 4;
constexpr size_t kNextPositionAt = 13;
constexpr size_t kHeaderBytes = 19;
constexpr char kRotate = 4;
constexpr size_t kRotateNameAt = kHeaderBytes + 8;

// Follows events up to a position.
class PositionFinder {
 public:
  explicit PositionFinder(const SourcePosition& place) : place_(place) {}

  // True if `event` reaches the position.
  bool Ends(std::string_view event) {
    if (event.size() < kHeaderBytes) return false;
    if (event[kTypeAt] == kRotate && event.size() > kRotateNameAt) {
      in_file_ = event.substr(kRotateNameAt, place_.file.size()) == place_.file;
      return false;
    }
    return in_file_ && LoadLittle32(event.data() + kNextPositionAt) == place_.offset;
  }

 private:
  const SourcePosition& place_;
  bool in_file_ = false;
};

}  // namespace

void Die(const absl::Status& status) {
  std::cerr << "bench: " << status << std::endl;
  std::exit(1);
}
void Check(const absl::Status& status) {
  if (!status.ok()) Die(status);
}

BacklogSource::BacklogSource(const std::vector<std::string>& options)
    : source_(SourceServer::MustStart({.flavour = Flavour::kMysql,
                                       .options =
                                           [&] {
                                             std::vector<std::string> all = {
                                                 "--sync-binlog=0",
                                                 "--innodb-flush-log-at-trx-commit=0",
                                                 "--innodb-buffer-pool-size=1G",
                                                 "--innodb-redo-log-capacity=1G",
                                                 "--max-binlog-size=1G"};
                                             all.insert(all.end(), options.begin(), options.end());
                                             return all;
                                           }()})),
      sql_(source_->MustConnect()) {
  options_.socket = source_->socket();
  options_.user = "root";
  options_.server_id = 4242;
  sql_.MustExecute("CREATE DATABASE bench");
  sql_.MustExecute(kTable);
  sql_.MustExecute("CREATE TABLE bench.narrow (id INT PRIMARY KEY, state INT)");
  sql_.MustExecute(
      "CREATE PROCEDURE bench.many(n INT) BEGIN DECLARE i INT DEFAULT 0; WHILE i < n DO "
      "UPDATE bench.account SET state = state + 1 WHERE id = 1 + (i % 1000); "
      "SET i = i + 1; END WHILE; END");
  Insert(kRowsAtStart);
}

void BacklogSource::Insert(uint64_t count) {
  std::string values;
  for (uint64_t i = 0; i < count; ++i) {
    values += fmt::format(
        "{}({}, 'owner number {}', 'user{}@mail.example', {}.{:02}, '2026-01-01 10:00:00.123', "
        "'2026-01-02 11:00:00.123456', {}, {}, "
        "'a note of a few words, the same for all of them, {}')",
        i == 0 ? "" : ",", i + 1, i, i, i * 17, i % 100, i, i * 1000003, i);
  }
  sql_.MustExecute(fmt::format("INSERT INTO bench.account (id, {}) VALUES {}", kColumns, values));
}

Backlog BacklogSource::MakeBulk(uint64_t rows) {
  Backlog backlog{.from = EndOfBinlog(), .to = {}, .rows = 2 * rows};
  const uint64_t before = RowCount("bench.account");
  for (uint64_t have = before; have < before + rows;) {
    const uint64_t count = std::min({have, before + rows - have, kBulkTransactionRows});
    sql_.MustExecute(
        fmt::format("INSERT INTO bench.account (id, {0}) SELECT id + {1}, {0} FROM bench.account "
                    "WHERE id <= {2}",
                    kColumns, have, count));
    have += count;
    ++backlog.transactions;
  }
  for (uint64_t done = before; done < before + rows; done += kBulkTransactionRows) {
    sql_.MustExecute(
        fmt::format("UPDATE bench.account SET balance = balance + 1, state = state + 1 "
                    "WHERE id > {} AND id <= {}",
                    done, std::min(done + kBulkTransactionRows, before + rows)));
    ++backlog.transactions;
  }
  backlog.to = EndOfBinlog();
  return backlog;
}

Backlog BacklogSource::MakeSingle(uint64_t transactions) {
  Backlog backlog{
      .from = EndOfBinlog(), .to = {}, .rows = transactions, .transactions = transactions};
  sql_.MustExecute(fmt::format("CALL bench.many({})", transactions));
  backlog.to = EndOfBinlog();
  return backlog;
}

Backlog BacklogSource::MakeBigTransaction(uint64_t rows) {
  Backlog backlog{.from = EndOfBinlog(), .to = {}, .rows = rows, .transactions = 1};
  uint64_t have = RowCount("bench.narrow");
  const uint64_t wanted = have + rows;
  sql_.MustExecute("BEGIN");
  if (have == 0) {
    sql_.MustExecute("INSERT INTO bench.narrow VALUES (1, 1)");
    have = 1;
  }
  for (uint64_t count; have < wanted; have += count) {
    count = std::min(have, wanted - have);
    sql_.MustExecute(fmt::format(
        "INSERT INTO bench.narrow SELECT id + {}, state + 1 FROM bench.narrow WHERE id <= {}", have,
        count));
  }
  sql_.MustExecute("COMMIT");
  backlog.to = EndOfBinlog();
  return backlog;
}

std::unique_ptr<FeedServer> BacklogSource::StartAt(const Backlog& backlog) const {
  return FeedServer::MustStart(
      *source_, {.tables = {"bench.*"},
                 .source = {fmt::format("start: {{at: gtid_set, gtid_set: '{}'}}",
                                        backlog.from.gtids.ToString())},
                 .log = {},
                 .server = {"connections_max: 2000", "connections_per_peer_max: 2000"}});
}

BinlogRead BacklogSource::Read(const Backlog& backlog) const {
  SourcePool pool(options_);
  const auto generation = Take(pool.Choose()).generation;
  const auto begin = steady_clock::now();
  const auto stream = Take(pool.OpenStream(generation, backlog.from, {}));
  PositionFinder end(backlog.to);
  BinlogRead read;
  while (true) {
    const std::string_view event = Take(stream->Read());
    read.bytes += event.size();
    if (end.Ends(event)) break;
  }
  read.seconds = duration<double>(steady_clock::now() - begin).count();
  return read;
}

SourcePosition BacklogSource::EndOfBinlog() const {
  const auto connection = Take(SourcePool(options_).Connect());
  return Take(CurrentPosition(*connection));
}

uint64_t BacklogSource::RowCount(const std::string& table) {
  return std::stoull(sql_.MustQueryValue(fmt::format("SELECT COUNT(*) FROM {}", table)));
}

}  // namespace millrace::testing

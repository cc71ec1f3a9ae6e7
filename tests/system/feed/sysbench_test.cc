// SPDX-License-Identifier: Apache-2.0

// Under the load of a benchmark, with the server killed twice: the feed, replayed into an empty
// copy of the tables, produces the same tables. MILLRACE_SYSBENCH_SECONDS: length of the load (20).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "millrace/subscription.h"
#include "support/process.h"
#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

constexpr int kTables = 4;
constexpr int kRowsPerTable = 3000;
// Created after the load has ended.
constexpr char kEndTable[] = "sbtest_end";
constexpr size_t kRowsPerStatement = 500;

int LoadSeconds() {
  const char* const text = std::getenv("MILLRACE_SYSBENCH_SECONDS");
  return text == nullptr ? 20 : std::atoi(text);
}

// The tables, rebuilt from the feed.
class Replica {
 public:
  // Every before image must be the row that the previous change left.
  void Apply(ChangeReader& reader, const v1::Change& change) {
    ASSERT_EQ(change.sequence(), ++newest_) << "a change is missing, or came twice";
    if (change.operation() == v1::OPERATION_SCHEMA_CHANGE) {
      ended_ |= change.table() == kEndTable;
      return;
    }
    auto& rows = tables_[change.table()];
    if (change.has_before()) {
      const SeenRow before = reader.Row(change.before());
      const auto found = rows.find(*before.at("id"));
      ASSERT_TRUE(found != rows.end() && found->second == before) << change.ShortDebugString();
      rows.erase(found);
    }
    if (!change.has_after()) return;
    SeenRow after = reader.Row(change.after());
    ASSERT_TRUE(rows.emplace(*after.at("id"), std::move(after)).second)
        << change.ShortDebugString();
  }
  uint64_t changes() const { return newest_; }
  bool ended() const { return ended_; }

  // Inserts all rows of `table` into `target`.
  void Write(SqlSession& sql, const std::string& table, const std::string& target) const {
    std::string values;
    size_t count = 0;
    const auto flush = [&] {
      if (count > 0) sql.MustExecute(fmt::format("INSERT INTO {} VALUES {}", target, values));
      values.clear();
      count = 0;
    };
    for (const auto& [id, row] : tables_.at(table)) {
      values += fmt::format("{}({}, {}, '{}', '{}')", count == 0 ? "" : ",", id, *row.at("k"),
                            *row.at("c"), *row.at("pad"));
      if (++count == kRowsPerStatement) flush();
    }
    flush();
  }

 private:
  std::map<std::string, std::map<std::string, SeenRow>> tables_;
  uint64_t newest_ = 0;
  bool ended_ = false;
};

class Sysbench : public ::testing::Test {
 protected:
  std::vector<std::string> Arguments(const std::string& act) const {
    return {"oltp_read_write",
            "--db-driver=mysql",
            "--mysql-user=root",
            "--mysql-db=sbtest",
            "--mysql-socket=" + source_->socket(),
            fmt::format("--tables={}", kTables),
            fmt::format("--table-size={}", kRowsPerTable),
            "--threads=4",
            fmt::format("--time={}", LoadSeconds()),
            act};
  }
  // Applies the arriving changes until `done`.
  template <typename Done>
  void Follow(const Done& done) {
    ChangeReader reader(*feed_);
    v1::SubscribeRequest request =
        token_.empty() ? ChangeReader::FromEarliest() : ChangeReader::FromToken(token_);
    request.mutable_progress_interval()->set_nanos(200'000'000);
    const auto subscription = feed_->client().Subscribe({.request = request});
    while (!done()) {
      const auto batch = subscription->Next();
      ASSERT_TRUE(batch.ok()) << batch.status().ToString() << feed_->LogText();
      for (const v1::Transaction& transaction : (*batch)->transactions()) {
        for (const v1::Change& change : transaction.changes()) {
          replica_.Apply(reader, change);
          if (HasFatalFailure()) return;
        }
      }
      token_ = (*batch)->resume_token();
    }
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  // Only the tables of the benchmark, so that their changes are numbered without gap.
  std::unique_ptr<FeedServer> feed_ =
      FeedServer::MustStart(*source_, {.tables = {"sbtest.sbtest*"}});
  Replica replica_;
  std::string token_;
};

TEST_F(Sysbench, ReplayedFeedEqualsTheTables) {
  sql_.MustExecute("CREATE DATABASE sbtest");
  const auto prepared =
      RunProcess({.program = "sysbench", .arguments = Arguments("prepare")}, absl::Minutes(1));
  ASSERT_TRUE(prepared.ok() && prepared->exit_code == 0) << prepared->output << prepared->errors;
  auto load = Process::Start({.program = "sysbench", .arguments = Arguments("run")});
  ASSERT_TRUE(load.ok());
  for (int part = 0; part < 2; ++part) {
    const absl::Time deadline = absl::Now() + absl::Seconds(LoadSeconds() / 3);
    Follow([&] { return absl::Now() >= deadline; });
    if (HasFatalFailure()) return;
    feed_->Kill();
    feed_->Start();
  }
  Follow([&] { return !load->Running(); });
  if (HasFatalFailure()) return;
  EXPECT_EQ(load->Wait(absl::Minutes(2)).value(), 0);

  sql_.MustExecute(fmt::format("CREATE TABLE sbtest.{} (id INT PRIMARY KEY)", kEndTable));
  Follow([this] { return replica_.ended(); });
  sql_.MustExecute("SET sql_log_bin = 0");
  sql_.MustExecute("CREATE DATABASE copy");
  for (int i = 1; i <= kTables; ++i) {
    const std::string table = fmt::format("sbtest{}", i);
    sql_.MustExecute(fmt::format("CREATE TABLE copy.{0} LIKE sbtest.{0}", table));
    replica_.Write(sql_, table, "copy." + table);
    const SqlRows sums = sql_.MustQuery(fmt::format("CHECKSUM TABLE sbtest.{0}, copy.{0}", table));
    EXPECT_EQ(sums[0][1], sums[1][1]) << table;
  }
  // Four tables were filled, and the load made many more changes.
  EXPECT_GT(replica_.changes(), uint64_t{kTables} * kRowsPerTable * 2);
  RecordProperty("changes", std::to_string(replica_.changes()));
}

}  // namespace
}  // namespace millrace::testing

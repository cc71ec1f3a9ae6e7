// SPDX-License-Identifier: Apache-2.0

#include "mysql/row_stream.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "mysql/connection.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

// A server with a table d.n of the numbers from 1 to 2^16, and a connection of the feed.
class RowStreamTest : public SourceTest {
 protected:
  RowStreamTest() : server_(Start()), root_(server_->MustConnect()) {
    root_.MustExecute("CREATE DATABASE d");
    root_.MustExecute("CREATE TABLE d.n (n INT AUTO_INCREMENT PRIMARY KEY, filler CHAR(200))");
    root_.MustExecute("INSERT INTO d.n (filler) VALUES ('x')");
    for (int i = 0; i < 16; ++i)
      root_.MustExecute("INSERT INTO d.n (filler) SELECT filler FROM d.n");
    connection_ = MustConnect(OptionsFor(*server_));
  }

  std::unique_ptr<RowStream> Stream(const std::string& sql) {
    auto stream = connection_->Stream(sql);
    EXPECT_TRUE(stream.ok()) << stream.status();
    return stream.ok() ? *std::move(stream) : nullptr;
  }
  // The error of the statement, either when it starts or between its rows.
  absl::Status Failure(const std::string& sql) {
    auto stream = connection_->Stream(sql);
    if (!stream.ok()) return stream.status();
    while (true) {
      const auto more = (*stream)->Next();
      if (!more.ok() || !*more) return more.status();
    }
  }
  void LimitStatements() {
    const char* limit =
        mysql() ? "SET SESSION max_execution_time = 50" : "SET SESSION max_statement_time = 0.05";
    ASSERT_TRUE(connection_->Query(limit).ok());
  }

  std::unique_ptr<testing::SourceServer> server_;
  testing::SqlSession root_;
  std::unique_ptr<Connection> connection_;
};

TEST_P(RowStreamTest, RowsArriveCompleteAndInOrder) {
  const auto stream = Stream("SELECT n, filler FROM d.n ORDER BY n");
  ASSERT_EQ(stream->column_count(), 2u);
  size_t rows = 0;
  std::string last;
  while (*stream->Next()) {
    ++rows;
    ASSERT_EQ(stream->values()[1].view(), "x");
    last = stream->values()[0].view();
  }
  EXPECT_EQ(rows, size_t{1} << 16);
  EXPECT_EQ(last, *connection_->QueryValue("SELECT MAX(n) FROM d.n"));
  EXPECT_FALSE(*stream->Next());
}

TEST_P(RowStreamTest, NullEmptyTextAndZeroBytesDiffer) {
  const auto stream = Stream("SELECT NULL, '', 'x\\0y', REPEAT('z', 20000000), NULL");
  ASSERT_TRUE(*stream->Next());
  const TextValue* values = stream->values();
  EXPECT_TRUE(values[0].null());
  EXPECT_TRUE(!values[1].null() && values[1].view().empty());
  EXPECT_EQ(values[2].view(), std::string_view("x\0y", 3));
  EXPECT_TRUE(values[3].view() == std::string(20'000'000, 'z'));
  EXPECT_TRUE(values[4].null());
  EXPECT_FALSE(*stream->Next());
}

TEST_P(RowStreamTest, ConnectionWorksAfterUnreadRows) {
  auto stream = Stream("SELECT * FROM d.n");
  EXPECT_TRUE(*stream->Next());
  stream.reset();
  EXPECT_EQ(*connection_->QueryValue("SELECT 6 * 7"), "42");
}

TEST_P(RowStreamTest, AbandonedRowsAreNotRead) {
  // Reading 65,536 times 65,536 rows would take too long for the test.
  auto stream = Stream("SELECT * FROM d.n a, d.n b");
  EXPECT_TRUE(*stream->Next());
  stream->Abandon();
  stream.reset();
  EXPECT_TRUE(absl::IsCancelled(connection_->Query("SELECT 1").status()));
}

TEST_P(RowStreamTest, InterruptEndsCurrentAndLaterStatements) {
  std::jthread query([&] {
    EXPECT_TRUE(absl::IsCancelled(Failure("SELECT SUM(a.n * b.n) FROM d.n a, d.n b, d.n c")));
  });
  connection_->Interrupt();
  query.join();
  EXPECT_TRUE(absl::IsCancelled(connection_->Query("SELECT 1").status()));
}

TEST_P(RowStreamTest, SlowStatementTimesOut) {
  LimitStatements();
  const absl::Status status = Failure("SELECT SUM(a.n * b.n) FROM d.n a, d.n b");
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_EQ(ErrorReason(status), "QUERY_TIMEOUT");
  EXPECT_EQ(*connection_->QueryValue("SELECT 1"), "1");
}

TEST_P(RowStreamTest, NextReportsTimeoutBetweenRows) {
  auto stream = Stream("SELECT 1");
  EXPECT_TRUE(*stream->Next());
  stream.reset();
  LimitStatements();
  const absl::Status status = Failure("SELECT a.filler FROM d.n a, d.n b");
  EXPECT_EQ(ErrorReason(status), "QUERY_TIMEOUT") << status;
}

TEST_P(RowStreamTest, AlteredAndMissingTablesHaveDifferentReasons) {
  EXPECT_EQ(ErrorReason(Failure("SELECT none FROM d.n")), "TABLE_CHANGED");
  EXPECT_EQ(ErrorReason(Failure("SELECT n FROM d.n FORCE INDEX (none)")), "TABLE_CHANGED");
  EXPECT_TRUE(absl::IsNotFound(Failure("SELECT n FROM d.none")));
  EXPECT_EQ(ErrorReason(Failure("SELECT n FROM none.n")), "TABLE_MISSING");
  EXPECT_EQ(ErrorReason(connection_->Query("SELECT n FROM d.none").status()), "TABLE_MISSING");
}

TEST_P(RowStreamTest, TableAlteredDuringConsistentReadHasChanged) {
  ASSERT_TRUE(connection_->Query("START TRANSACTION WITH CONSISTENT SNAPSHOT").ok());
  root_.MustExecute("ALTER TABLE d.n MODIFY filler CHAR(100), FORCE");
  const absl::Status status = Failure("SELECT * FROM d.n");
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_EQ(ErrorReason(status), "TABLE_CHANGED");
}

TEST_P(RowStreamTest, StatementWithoutRowsIsRejected) {
  EXPECT_EQ(ErrorReason(Failure("SET @a = 1")), "SOURCE_QUERY_FAILED");
  EXPECT_EQ(*connection_->QueryValue("SELECT @a"), "1");
}

MILLRACE_BOTH_SERVERS(RowStreamTest);

}  // namespace
}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

// A position that cannot be resumed from is refused with the reason that error.proto names, never
// replaced by another position.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/raw_feed.h"

namespace millrace::testing {
namespace {

using grpc::StatusCode;

class ResumeRefused : public ::testing::Test {
 protected:
  void SetUp() override {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY)");
  }
  std::unique_ptr<FeedServer> StartFeed(std::vector<std::string> log = {}) {
    return FeedServer::MustStart(*source_, {.tables = {"shop.*", kMarkerTables},
                                            .source = {"start:", "  at: earliest"},
                                            .log = std::move(log)});
  }
  static void ExpectRefused(FeedServer& feed, const v1::SubscribeRequest& request, StatusCode code,
                            const std::string& reason) {
    const RawRead read = RawFeed(feed.address()).Read(request);
    EXPECT_EQ(read.status.error_code(), code) << read.status.error_message();
    EXPECT_EQ(read.error.reason(), reason) << read.status.error_message();
    EXPECT_TRUE(read.changes.empty());
  }
  static void ExpectTokenRefused(FeedServer& feed, const std::string& token, StatusCode code,
                                 const std::string& reason) {
    ExpectRefused(feed, ChangeReader::FromToken(token), code, reason);
  }
  static v1::GetPositionRequest Position(const std::string& token) {
    v1::GetPositionRequest request;
    request.set_resume_token(token);
    return request;
  }
  void Insert(int id) { sql_.MustExecute(fmt::format("INSERT INTO shop.t VALUES ({})", id)); }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
};

TEST_F(ResumeRefused, InvalidTokenIsMalformed) {
  const auto feed = StartFeed();
  const std::string token = ChangeReader(*feed).CurrentToken(sql_);
  std::string changed = token;
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& bad : {std::string("nonsense"), token.substr(0, token.size() - 3),
                                 changed, token + "AAAA", std::string(100'000, 'A')}) {
    ExpectTokenRefused(*feed, bad, StatusCode::INVALID_ARGUMENT, "TOKEN_MALFORMED");
    v1::SubscribeRequest until = ChangeReader::FromEarliest();
    until.set_until_token(bad);
    ExpectRefused(*feed, until, StatusCode::INVALID_ARGUMENT, "TOKEN_MALFORMED");
  }
}

TEST_F(ResumeRefused, InvalidRequestsHaveTheirReason) {
  const auto feed = StartFeed();
  ChangeReader(*feed).CurrentToken(sql_);
  v1::SubscribeRequest request;
  request.set_gtid_set("no set:");
  ExpectRefused(*feed, request, StatusCode::INVALID_ARGUMENT, "GTID_SET_MALFORMED");
  request.set_gtid_set("0-1-5");
  ExpectRefused(*feed, request, StatusCode::INVALID_ARGUMENT, "GTID_SET_MALFORMED");
  request = ChangeReader::FromEarliest();
  request.add_tables("shop.nonesuch");
  ExpectRefused(*feed, request, StatusCode::INVALID_ARGUMENT, "TABLE_UNKNOWN");
  request.set_tables(0, "no pattern");
  ExpectRefused(*feed, request, StatusCode::INVALID_ARGUMENT, "TABLE_PATTERN_MALFORMED");
  request.clear_tables();
  request.add_operations(static_cast<v1::Operation>(1000));
  ExpectRefused(*feed, request, StatusCode::INVALID_ARGUMENT, "REQUEST_INVALID");
  request.Clear();
  request.set_subscription("no name!");
  ExpectRefused(*feed, request, StatusCode::INVALID_ARGUMENT, "SUBSCRIPTION_NAME_INVALID");
  request.mutable_after()->set_log_id("0123456789abcdef");
  ExpectRefused(*feed, request, StatusCode::FAILED_PRECONDITION, "TOKEN_OF_ANOTHER_LOG");
}

TEST_F(ResumeRefused, FutureSequenceIsAhead) {
  const auto feed = StartFeed();
  ChangeReader(*feed).CurrentToken(sql_);
  v1::SubscribeRequest request;
  request.mutable_after()->set_sequence(1000);
  ExpectRefused(*feed, request, StatusCode::OUT_OF_RANGE, "TOKEN_AHEAD");
}

// As after a restore from a backup. The source is down, so that the log cannot catch up.
TEST_F(ResumeRefused, TokenPastRestoredLogIsAhead) {
  const auto feed = StartFeed();
  Insert(1);
  ChangeReader(*feed).CurrentToken(sql_);
  feed->Stop();
  const auto backup = feed->data_directory().parent_path() / "backup";
  std::filesystem::copy(feed->data_directory(), backup, std::filesystem::copy_options::recursive);
  feed->Start();
  Insert(2);
  const std::string token = ChangeReader(*feed).CurrentToken(sql_);
  feed->Stop();
  std::filesystem::remove_all(feed->data_directory());
  std::filesystem::rename(backup, feed->data_directory());
  source_->Kill();
  feed->Start();
  ExpectTokenRefused(*feed, token, StatusCode::OUT_OF_RANGE, "TOKEN_AHEAD");
}

// The token's GTIDs show that the position exists and that this server has not reached it: an
// earlier start would repeat changes that the client has received.
TEST_F(ResumeRefused, TokenOfServerFurtherAlongIsAhead) {
  const auto ahead = StartFeed();
  const auto lagging = FeedServer::MustStart(*source_, {.source = {"start:", "  at: earliest"}});
  Insert(1);
  ChangeReader(*lagging).CurrentToken(sql_);
  lagging->Stop();
  sql_.MustExecute("CREATE DATABASE elsewhere");
  Insert(2);
  const std::string token = ChangeReader(*ahead).CurrentToken(sql_);
  source_->Kill();
  lagging->Start();
  ExpectTokenRefused(*lagging, token, StatusCode::OUT_OF_RANGE, "TOKEN_AHEAD");
}

TEST_F(ResumeRefused, TokenOfUnrelatedSourceIsRefused) {
  const auto feed = StartFeed();
  ChangeReader(*feed).CurrentToken(sql_);
  const auto other_source = SourceServer::MustStart({.options = {"--server-id=9"}});
  SqlSession other_sql = other_source->MustConnect();
  // All servers start from one template and so share an identity; this statement makes the GTIDs of
  // the source differ.
  other_sql.MustExecute("SET GTID_NEXT = '11111111-1111-1111-1111-111111111111:5'");
  other_sql.MustExecute("CREATE DATABASE shop");
  other_sql.MustExecute("SET GTID_NEXT = 'AUTOMATIC'");
  const auto other = FeedServer::MustStart(*other_source, {.source = {"start:", "  at: earliest"}});
  const std::string token = ChangeReader(*other).CurrentToken(other_sql);
  const RawRead read = RawFeed(feed->address()).Read(ChangeReader::FromToken(token));
  EXPECT_FALSE(read.status.ok());
  EXPECT_TRUE(read.changes.empty());
}

TEST(ResumeWithoutGtids, TokenOfAnotherLogIsRefused) {
  const auto source =
      SourceServer::MustStart({.options = {"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"}});
  SqlSession sql = source->MustConnect();
  const auto one = FeedServer::MustStart(*source);
  const auto other = FeedServer::MustStart(*source);
  const std::string token = ChangeReader(*one).CurrentToken(sql);
  ChangeReader(*other).CurrentToken(sql);
  const RawRead read = RawFeed(other->address()).Read(ChangeReader::FromToken(token));
  EXPECT_EQ(read.status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(read.error.reason(), "TOKEN_OF_ANOTHER_LOG");
}

TEST_F(ResumeRefused, TrimmedTokenNamesTheOldestKept) {
  const auto feed = StartFeed({"retention_age: 1s", "frame_bytes: 4KiB"});
  Insert(0);
  const std::string token = ChangeReader(*feed).CurrentToken(sql_);
  // Trimming runs beside commits, every few seconds.
  const absl::Time deadline = absl::Now() + absl::Seconds(40);
  uint64_t oldest = 1;
  for (int id = 1; oldest <= 5 && absl::Now() < deadline; ++id) {
    Insert(id);
    absl::SleepFor(absl::Milliseconds(100));
    oldest = feed->client().GetStatus({})->log().oldest_sequence();
  }
  ASSERT_GT(oldest, 5u);
  const RawRead read = RawFeed(feed->address()).Read(ChangeReader::FromToken(token));
  EXPECT_EQ(read.status.error_code(), StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(read.error.reason(), "TOKEN_TRIMMED");
  v1::SubscribeRequest request = ChangeReader::FromToken(read.error.metadata().at("oldest_token"));
  request.set_until_token(ChangeReader(*feed).CurrentToken(sql_));
  const RawRead rest = RawFeed(feed->address()).Read(request);
  ASSERT_FALSE(rest.changes.empty());
  EXPECT_GE(rest.changes.front().sequence, oldest);
  EXPECT_EQ(std::to_string(rest.changes.front().sequence),
            read.error.metadata().at("oldest_sequence"));
  request.Clear();
  request.set_gtid_set(feed->client().GetPosition(Position(token))->gtid_set());
  ExpectRefused(*feed, request, StatusCode::OUT_OF_RANGE, "POSITION_NOT_FOUND");
}

}  // namespace
}  // namespace millrace::testing

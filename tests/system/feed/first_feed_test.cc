// SPDX-License-Identifier: Apache-2.0

// End to end, on both flavours: a commit at the source becomes typed rows at a subscriber.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class FirstFeed : public ::testing::TestWithParam<Flavour> {
 protected:
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_);
  ChangeReader reader_{*feed_};
};

TEST_P(FirstFeed, DeliversRowsBeforeAndAfterInCommitOrder) {
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute(
      "CREATE TABLE shop.item (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(6,2))");
  sql_.MustExecute("INSERT INTO shop.item VALUES (1, 'tea', 2.5), (2, NULL, 0)");
  sql_.MustExecute("UPDATE shop.item SET price = 3 WHERE id = 1");
  sql_.MustExecute("DELETE FROM shop.item WHERE id = 2");

  const auto changes = reader_.ReadAll(sql_);

  ASSERT_EQ(changes.size(), 6u);
  EXPECT_EQ(changes[0].operation, v1::OPERATION_SCHEMA_CHANGE);
  EXPECT_EQ(changes[1].operation, v1::OPERATION_SCHEMA_CHANGE);
  EXPECT_THAT(*changes[2].after,
              UnorderedElementsAre(Pair("id", "1"), Pair("name", "tea"), Pair("price", "2.50")));
  EXPECT_THAT(*changes[3].after, UnorderedElementsAre(Pair("id", "2"), Pair("name", std::nullopt),
                                                      Pair("price", "0.00")));
  EXPECT_EQ(changes[4].before->at("price"), "2.50");
  EXPECT_EQ(changes[4].after->at("price"), "3.00");
  EXPECT_EQ(changes[5].operation, v1::OPERATION_DELETE);
  EXPECT_EQ(changes[5].before->at("id"), "2");
}

TEST_P(FirstFeed, NumbersChangesWithoutGapAcrossRestart) {
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute("CREATE TABLE shop.item (id INT PRIMARY KEY)");
  sql_.MustExecute("INSERT INTO shop.item VALUES (1), (2)");
  const auto before = reader_.ReadAll(sql_);
  feed_->Kill();
  sql_.MustExecute("INSERT INTO shop.item VALUES (3)");
  feed_->Start();

  ChangeReader again(*feed_);
  v1::SubscribeRequest everything = ChangeReader::FromEarliest();
  everything.set_until_token(again.CurrentToken(sql_));
  const auto after = again.ReadToEnd(everything);

  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].sequence, i + 1);
  for (const SeenChange& change : before) {
    EXPECT_EQ(change.raw.SerializeAsString(), after[change.sequence - 1].raw.SerializeAsString());
  }
}

TEST_P(FirstFeed, ExcludedColumnIsNowhereInTheFeed) {
  const auto feed = FeedServer::MustStart(
      *source_,
      {.tables = {}, .source = {"exclude_columns: ['*.*.secret']"}, .log = {}, .server = {}});
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute("CREATE TABLE shop.user (id INT PRIMARY KEY, secret VARCHAR(20), name CHAR(9))");
  sql_.MustExecute("INSERT INTO shop.user VALUES (1, 'open sesame', 'Ali')");
  sql_.MustExecute("UPDATE shop.user SET secret = 'changed', name = 'Baba'");

  const auto changes = ChangeReader(*feed).ReadAll(sql_);

  ASSERT_EQ(changes.size(), 4u);
  EXPECT_THAT(*changes[2].after, UnorderedElementsAre(Pair("id", "1"), Pair("name", "Ali")));
  EXPECT_THAT(*changes[3].before, UnorderedElementsAre(Pair("id", "1"), Pair("name", "Ali")));
  EXPECT_THAT(*changes[3].after, UnorderedElementsAre(Pair("id", "1"), Pair("name", "Baba")));
  for (const SeenChange& change : changes) {
    EXPECT_EQ(change.raw.SerializeAsString().find("sesame"), std::string::npos);
  }
}

// NDB has a database of this name, which it does not log.
TEST_P(FirstFeed, UserDatabaseMayBeCalledNdbinfo) {
  sql_.MustExecute("CREATE DATABASE ndbinfo");
  sql_.MustExecute("CREATE TABLE ndbinfo.item (id INT PRIMARY KEY)");
  sql_.MustExecute("INSERT INTO ndbinfo.item VALUES (1)");

  const auto changes = reader_.ReadAll(sql_);

  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[2].table, "ndbinfo.item");
}

INSTANTIATE_TEST_SUITE_P(Sources, FirstFeed, ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing

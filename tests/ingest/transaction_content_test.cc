// SPDX-License-Identifier: Apache-2.0

#include "ingest/transaction_content.h"

#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

using Kind = ContentDigest::Kind;

binlog::Rows RowsOf(std::string_view bytes, std::string_view present = "\x07") {
  return {.kind = binlog::RowsKind::kWrite,
          .column_count = 3,
          .present = present,
          .present_after = {},
          .rows = bytes};
}

ContentDigest DigestOf(const std::vector<std::string>& events, std::string_view present = "\x07") {
  TransactionContent content;
  content.Clear();
  for (const std::string& event : events) content.AddRows(RowsOf(event, present));
  return content.Digest();
}

TEST(TransactionContent, DigestIgnoresHowRowsAreSplit) {
  EXPECT_EQ(DigestOf({"abc", "def"}), DigestOf({"abcdef"}));
  EXPECT_FALSE(DigestOf({"abcdef"}) == DigestOf({"abcdeg"}));
  EXPECT_FALSE(DigestOf({"abcdef"}) == DigestOf({"abcde"}));
}

TEST(TransactionContent, OnlyTheFirstBytesCount) {
  const std::string first(TransactionContent::kBytesMax, 'x');
  EXPECT_TRUE(DigestOf({first}).whole);
  EXPECT_FALSE(DigestOf({first, "a"}).whole);
  EXPECT_EQ(DigestOf({first, "a"}), DigestOf({first + "b", "c"}));
}

TEST(TransactionContent, RowsReplaceEarlierStatement) {
  TransactionContent content;
  content.Clear();
  EXPECT_EQ(content.Digest().kind, Kind::kNone);
  content.AddStatement("CREATE TABLE t SELECT 1");
  EXPECT_EQ(content.Digest().kind, Kind::kStatement);
  content.AddRows(RowsOf("row"));
  content.AddStatement("SAVEPOINT s");
  EXPECT_EQ(content.Digest(), DigestOf({"row"}));
}

TEST(TransactionContent, OtherServerMaySpellStatementsDifferently) {
  TransactionContent one, other;
  one.Clear();
  other.Clear();
  one.AddStatement("CREATE TABLE t (a INT)");
  other.AddStatement("CREATE TABLE `t` (`a` int)");
  EXPECT_TRUE(MayBeSameOnAnotherServer(one.Digest(), other.Digest(), Flavour::kMysql));
}

// A replica with binlog_format=ROW logs rows for a statement; one that filters tables logs nothing.
TEST(TransactionContent, OnOtherServersOnlyRowsAreCompared) {
  TransactionContent nothing, statement;
  nothing.Clear();
  statement.Clear();
  statement.AddStatement("INSERT INTO t VALUES (1)");
  const ContentDigest rows = DigestOf({"row"});
  for (const Flavour flavour : {Flavour::kMysql, Flavour::kMariadb}) {
    EXPECT_TRUE(MayBeSameOnAnotherServer(statement.Digest(), rows, flavour));
    EXPECT_TRUE(MayBeSameOnAnotherServer(rows, nothing.Digest(), flavour));
    EXPECT_TRUE(MayBeSameOnAnotherServer(nothing.Digest(), statement.Digest(), flavour));
  }
}

TEST(TransactionContent, OtherServerRowsWithOtherColumnsMatch) {
  EXPECT_TRUE(
      MayBeSameOnAnotherServer(DigestOf({"abc"}), DigestOf({"ab"}, "\x03"), Flavour::kMariadb));
  EXPECT_FALSE(MayBeSameOnAnotherServer(DigestOf({"abc"}), DigestOf({"abd"}), Flavour::kMariadb));
}

TEST(TransactionContent, OtherMysqlServerMayReorderRows) {
  EXPECT_TRUE(
      MayBeSameOnAnotherServer(DigestOf({"ab", "cd"}), DigestOf({"cdab"}), Flavour::kMysql));
  EXPECT_FALSE(
      MayBeSameOnAnotherServer(DigestOf({"ab", "cd"}), DigestOf({"cdab"}), Flavour::kMariadb));
  EXPECT_FALSE(MayBeSameOnAnotherServer(DigestOf({"abcd"}), DigestOf({"abce"}), Flavour::kMysql));
}

}  // namespace
}  // namespace millrace::ingest

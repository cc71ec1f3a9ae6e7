// SPDX-License-Identifier: Apache-2.0

#include "ingest/sent_statement.h"

#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

constexpr uint16_t kLatin1Collation = 8;

TEST(SentStatement, CharsetIsTheOneOfTheClient) {
  binlog::Query query;
  query.statement = "DROP TABLE \xc3\xa9";
  query.client_charset = kLatin1Collation;
  EXPECT_EQ(SentBy(query, Flavour::kMysql).session.charset, "latin1");
  EXPECT_EQ(SentBy(query, Flavour::kMysql).others.front().charset, "utf8mb4");
  query.client_charset = 0;
  EXPECT_EQ(SentBy(query, Flavour::kMysql).session.charset, "");
}

TEST(SentStatement, WhatTheServerWritesItselfIsUtf8) {
  binlog::Query query;
  query.client_charset = kLatin1Collation;
  query.statement = "CREATE TABLE `\xc3\xa9` (\n  `a` int\n) START TRANSACTION";
  EXPECT_EQ(SentBy(query, Flavour::kMysql).session.charset, "utf8mb4");
  query.statement = "CREATE TABLE `\xc3\xa9` (\n  `a` int\n)";
  EXPECT_EQ(SentBy(query, Flavour::kMariadb, /*goes_on=*/true).session.charset, "utf8mb4");
  // Perhaps a client wrote it.
  const SentStatement doubtful = SentBy(query, Flavour::kMariadb);
  EXPECT_EQ(doubtful.session.charset, "latin1");
  ASSERT_EQ(doubtful.others.size(), 1u);
  EXPECT_EQ(doubtful.others.front().charset, "utf8mb4");
  query.statement = "CREATE TABLE `\xe9` (\n  `a` int\n)";
  EXPECT_EQ(SentBy(query, Flavour::kMariadb).session.charset, "latin1");
}

TEST(SentStatement, TextThatIsNoUtf8IsOfTheClientsCharsetForCertain) {
  binlog::Query query;
  query.client_charset = kLatin1Collation;
  for (const char* text : {"DROP VIEW e", "DROP VIEW \xe9"}) {
    query.statement = text;
    EXPECT_TRUE(SentBy(query, Flavour::kMysql).others.empty()) << text;
  }
}

// The backslash is the second byte of a character.
TEST(SentStatement, SessionUnderWhichTheTextIsNoStatementLeavesNoDoubt) {
  binlog::Query query;
  query.client_charset = 28;
  query.statement = "ALTER TABLE t COMMENT '\xe4\xbd\xa0\x5c'";
  SentStatement sent = SentBy(query, Flavour::kMysql);
  EXPECT_EQ(sent.session.charset, "gbk");
  EXPECT_EQ(sent.others.size(), 1u);
  EXPECT_EQ(Read(sent).verb, schema::StatementVerb::kAlter);
  for (const auto& other : sent.others) EXPECT_EQ(other.charset, "gbk");
}

TEST(SentStatement, DefaultDatabaseIsUtf8WhateverTheClient) {
  binlog::Query query;
  query.database = "\xc3\xa9";
  query.client_charset = kLatin1Collation;
  EXPECT_EQ(SentBy(query, Flavour::kMysql).database, "é");
  query.database = "\xe9";
  EXPECT_EQ(SentBy(query, Flavour::kMysql).database, "\xef\xbf\xbd");
}

}  // namespace
}  // namespace millrace::ingest

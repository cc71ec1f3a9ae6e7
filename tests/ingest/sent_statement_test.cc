// SPDX-License-Identifier: Apache-2.0

#include "ingest/sent_statement.h"

#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

constexpr uint16_t kLatin1Collation = 8;

TEST(SentStatement, CharsetIsTheClients) {
  binlog::Query query;
  query.statement = "DROP TABLE \xc3\xa9";
  query.client_charset = kLatin1Collation;
  EXPECT_EQ(SentStatementFrom(query, Flavour::kMysql).session.charset, "latin1");
  EXPECT_EQ(SentStatementFrom(query, Flavour::kMysql).other_sessions.front().charset, "utf8mb4");
  query.client_charset = 0;
  EXPECT_EQ(SentStatementFrom(query, Flavour::kMysql).session.charset, "");
}

TEST(SentStatement, ServerWrittenStatementIsUtf8) {
  binlog::Query query;
  query.client_charset = kLatin1Collation;
  query.statement = "CREATE TABLE `\xc3\xa9` (\n  `a` int\n) START TRANSACTION";
  EXPECT_EQ(SentStatementFrom(query, Flavour::kMysql).session.charset, "utf8mb4");
  query.statement = "CREATE TABLE `\xc3\xa9` (\n  `a` int\n)";
  EXPECT_EQ(
      SentStatementFrom(query, Flavour::kMariadb, /*transaction_continues=*/true).session.charset,
      "utf8mb4");
  // A client may have written it.
  const SentStatement ambiguous = SentStatementFrom(query, Flavour::kMariadb);
  EXPECT_EQ(ambiguous.session.charset, "latin1");
  ASSERT_EQ(ambiguous.other_sessions.size(), 1u);
  EXPECT_EQ(ambiguous.other_sessions.front().charset, "utf8mb4");
  query.statement = "CREATE TABLE `\xe9` (\n  `a` int\n)";
  EXPECT_EQ(SentStatementFrom(query, Flavour::kMariadb).session.charset, "latin1");
}

TEST(SentStatement, InvalidUtf8IsCertainlyTheClientsCharset) {
  binlog::Query query;
  query.client_charset = kLatin1Collation;
  for (const char* text : {"DROP VIEW e", "DROP VIEW \xe9"}) {
    query.statement = text;
    EXPECT_TRUE(SentStatementFrom(query, Flavour::kMysql).other_sessions.empty()) << text;
  }
}

// The backslash is the second byte of a character.
TEST(SentStatement, SessionThatCannotParseTheTextIsIgnored) {
  binlog::Query query;
  query.client_charset = 28;
  query.statement = "ALTER TABLE t COMMENT '\xe4\xbd\xa0\x5c'";
  SentStatement sent = SentStatementFrom(query, Flavour::kMysql);
  EXPECT_EQ(sent.session.charset, "gbk");
  EXPECT_EQ(sent.other_sessions.size(), 1u);
  EXPECT_EQ(Read(sent).verb, schema::StatementVerb::kAlter);
  for (const auto& other : sent.other_sessions) EXPECT_EQ(other.charset, "gbk");
}

TEST(SentStatement, DefaultDatabaseIsAlwaysUtf8) {
  binlog::Query query;
  query.database = "\xc3\xa9";
  query.client_charset = kLatin1Collation;
  EXPECT_EQ(SentStatementFrom(query, Flavour::kMysql).database, "é");
  query.database = "\xe9";
  EXPECT_EQ(SentStatementFrom(query, Flavour::kMysql).database, "\xef\xbf\xbd");
}

}  // namespace
}  // namespace millrace::ingest

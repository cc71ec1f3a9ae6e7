// SPDX-License-Identifier: Apache-2.0

#include "model/table_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/hash/hash.h"
#include "base/error.h"

namespace millrace {
namespace {

using testing::ElementsAre;

TablePatterns Patterns(const std::vector<std::string>& patterns) {
  auto parsed = TablePatterns::Parse(patterns);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : TablePatterns();
}

bool Matches(const std::string& pattern, std::string_view database, std::string_view table) {
  return Patterns({pattern}).Matches(database, table);
}

TEST(TablePatterns, EmptyListMatchesEveryTable) {
  EXPECT_TRUE(TablePatterns().Matches("shop", "orders"));
  EXPECT_TRUE(TablePatterns().empty());
  EXPECT_TRUE(Patterns({}).empty());
}

TEST(TablePatterns, PlainNameIsCaseSensitive) {
  EXPECT_TRUE(Matches("shop.orders", "shop", "orders"));
  EXPECT_FALSE(Matches("shop.orders", "shop", "orders2"));
  EXPECT_FALSE(Matches("shop.orders", "shop2", "orders"));
  EXPECT_FALSE(Matches("shop.orders", "Shop", "orders"));
}

TEST(TablePatterns, StarMatchesAnyRunOfCharacters) {
  for (const char* table : {"ab", "aXb", "aXXb", "abb", "a.b", "a*b"}) {
    EXPECT_TRUE(Matches("*.a*b", "any", table)) << table;
  }
  for (const char* table : {"", "a", "b", "xab", "abx", "ba"}) {
    EXPECT_FALSE(Matches("*.a*b", "any", table)) << table;
  }
  EXPECT_TRUE(Matches("*.*", "", ""));
  EXPECT_TRUE(Matches("s*p.o***s", "shop", "orders"));
}

TEST(TablePatterns, PiecesMatchInOrderWithoutOverlap) {
  EXPECT_TRUE(Matches("d.*ab*bc*", "d", "xabybcz"));
  EXPECT_TRUE(Matches("d.*ab*bc*", "d", "abbc"));
  EXPECT_FALSE(Matches("d.*ab*bc*", "d", "abc"));
  EXPECT_FALSE(Matches("d.*ab*bc*", "d", "bcab"));
  EXPECT_FALSE(Matches("d.aa*aa", "d", "aaa"));
  EXPECT_TRUE(Matches("d.aa*aa", "d", "aaaa"));
}

TEST(TablePatterns, ManyStarsDoNotBacktrack) {
  std::string pattern = "d.";
  for (int i = 0; i < 30'000; ++i) pattern += "*a";
  EXPECT_TRUE(Matches(pattern, "d", std::string(60'000, 'a')));
  EXPECT_FALSE(Matches(pattern + "b", "d", std::string(60'000, 'a')));
}

TEST(TablePatterns, ExclusionWinsOverInclusion) {
  const TablePatterns patterns = Patterns({"!shop.audit*", "shop.*", "other.audit"});
  EXPECT_TRUE(patterns.Matches("shop", "orders"));
  EXPECT_TRUE(patterns.Matches("other", "audit"));
  EXPECT_FALSE(patterns.Matches("shop", "audit_2024"));
  EXPECT_FALSE(patterns.Matches("other", "orders"));
}

TEST(TablePatterns, ExclusionsAloneMatchAllOtherTables) {
  const TablePatterns patterns = Patterns({"!shop.audit"});
  EXPECT_TRUE(patterns.Matches("any", "table"));
  EXPECT_FALSE(patterns.Matches("shop", "audit"));
  EXPECT_FALSE(patterns.empty());
}

TEST(TablePatterns, BackquotesEscapeSpecialCharacters) {
  EXPECT_TRUE(Matches("`odd.db`.`t*`", "odd.db", "t*"));
  EXPECT_FALSE(Matches("`odd.db`.`t*`", "odd.db", "tx"));
  EXPECT_TRUE(Matches("`a``b`.`!x`", "a`b", "!x"));
  EXPECT_TRUE(Matches("!`!a`.*", "a", "t"));
  EXPECT_FALSE(Matches("!`!a`.*", "!a", "t"));
  EXPECT_TRUE(Matches("`odd.`*.t", "odd.db", "t"));
}

TEST(TablePatterns, NamesCanContainAnyOtherByte) {
  EXPECT_TRUE(Matches("my-db.größe $1", "my-db", "größe $1"));
}

TEST(TablePatterns, InvalidPatternFailsAndIsNamed) {
  for (const std::string pattern : {"", "!", ".", "orders", "shop.", ".orders", "a.b.c", "``.t",
                                    "a.``", "`a.b", "a.`b", "a.b`", "a!.b", "!!a.b", "!shop"}) {
    const absl::Status status = TablePatterns::Parse({"fine.*", pattern}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << pattern;
    EXPECT_EQ(ErrorReason(status), "TABLE_PATTERN_MALFORMED") << pattern;
    const std::string after_mark = pattern.substr(pattern.starts_with('!') ? 1 : 0);
    EXPECT_EQ(ErrorMetadataOf(status)["pattern"], "'" + after_mark + "'");
  }
}

TEST(TablePatterns, AcceptsAtMostThousandPatterns) {
  EXPECT_TRUE(TablePatterns::Parse(std::vector<std::string>(1000, "a.b")).ok());
  EXPECT_EQ(ErrorReason(TablePatterns::Parse(std::vector<std::string>(1001, "a.b")).status()),
            "TABLE_PATTERN_MALFORMED");
}

TEST(TablePatterns, PlainNamesAreInclusionsWithoutStar) {
  EXPECT_THAT(Patterns({"a.b", "a.*", "!c.d", "`x.y`.`*`"}).PlainNames(),
              ElementsAre(TableName{"a", "b"}, TableName{"x.y", "*"}));
}

TEST(TablePatterns, DatabaseMatchesUnlessFullyExcluded) {
  EXPECT_TRUE(TablePatterns().MayMatch("shop"));
  EXPECT_TRUE(Patterns({"shop.orders"}).MayMatch("shop"));
  EXPECT_FALSE(Patterns({"shop.orders"}).MayMatch("other"));
  EXPECT_TRUE(Patterns({"!shop.orders"}).MayMatch("shop"));
  EXPECT_FALSE(Patterns({"!shop.*"}).MayMatch("shop"));
  EXPECT_FALSE(Patterns({"s*.*", "!shop.**"}).MayMatch("shop"));
}

TEST(ColumnPatterns, IgnoreCaseAndAccentsOfColumns) {
  const ColumnPatterns patterns = ColumnPatterns::Parse({"shop.t.ssn*", "shop.*.é"}).value();
  const TableName table{"shop", "t"};
  EXPECT_TRUE(patterns.Matches(table, "SSN_2"));
  EXPECT_TRUE(patterns.Matches(table, "E"));
  EXPECT_FALSE(patterns.Matches(table, "sn"));
  EXPECT_FALSE(patterns.Matches({"shop", "T"}, "ssn"));
}

TEST(ColumnPatterns, EmptyListMatchesNoColumn) {
  EXPECT_FALSE(ColumnPatterns().Matches({"shop", "users"}, "email"));
  EXPECT_TRUE(ColumnPatterns().empty());
}

TEST(ColumnPatterns, MatchByDatabaseTableAndColumn) {
  const auto patterns = ColumnPatterns::Parse({"shop.*.password*", "*.users.`e.mail`"}).value();
  EXPECT_TRUE(patterns.Matches({"shop", "users"}, "password_hash"));
  EXPECT_TRUE(patterns.Matches({"other", "users"}, "e.mail"));
  EXPECT_FALSE(patterns.Matches({"other", "users"}, "password_hash"));
  EXPECT_FALSE(patterns.Matches({"shop", "orders"}, "e.mail"));
}

TEST(ColumnPatterns, InvalidPatternFails) {
  for (const char* pattern : {"", "shop.users", "a.b.c.d", "!a.b.c", "a..c", "a.b."}) {
    EXPECT_EQ(ErrorReason(ColumnPatterns::Parse({pattern}).status()), "TABLE_PATTERN_MALFORMED");
  }
}

TEST(TableName, EqualNamesHaveEqualHashes) {
  EXPECT_EQ(absl::HashOf(TableName{"a", "b"}), absl::HashOf(TableName{"a", "b"}));
  EXPECT_NE(absl::HashOf(TableName{"ab", ""}), absl::HashOf(TableName{"a", "b"}));
  EXPECT_EQ((TableName{"a", "b"}).ToString(), "a.b");
}

}  // namespace
}  // namespace millrace

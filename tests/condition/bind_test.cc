// SPDX-License-Identifier: Apache-2.0

// Which conditions are valid for a table, and their SQL.

#include "condition/bind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "columns.h"
#include "condition/sql.h"
#include "fmt/format.h"
#include "injections.h"

namespace millrace::condition {
namespace {

using ::testing::HasSubstr;

class ConditionOnTable : public ::testing::Test {
 protected:
  absl::StatusOr<BoundCondition> BindText(const std::string& text) const {
    MILLRACE_ASSIGN_OR_RETURN(const Condition parsed, Parse(text));
    return Bind(parsed, {.table = name_, .columns = columns_});
  }
  std::string SqlOf(const std::string& text) const {
    const auto bound = BindText(text);
    EXPECT_TRUE(bound.ok()) << text << ": " << bound.status();
    return bound.ok() ? ToSql(*bound, columns_) : "";
  }
  std::string ErrorOf(const std::string& text) const {
    const absl::Status status = BindText(text).status();
    EXPECT_EQ(ErrorReason(status), "CONDITION_INVALID") << text;
    return std::string(status.message());
  }

  const TableName name_{"shop", "t"};
  const std::vector<schema::Column> columns_ = testing::AllColumns();
};

TEST_F(ConditionOnTable, BecomesCanonicalSql) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"id = 5", "`id` = 5"},
      {"ID != -5 or `Order` <=> 1", "(`id` <> -5) OR (`order` <=> 1)"},
      {"not id in (1, 2) and id is not null", "(NOT (`id` IN (1, 2))) AND (`id` IS NOT NULL)"},
      {"id not between 1 and 2", "`id` NOT BETWEEN 1 AND 2"},
      {"id <=> NULL", "`id` IS NULL"},
      {"`odd ``name``` > 7", "`odd ``name``` > 7"},
      {"tiny = TRUE", "`tiny` = 1"},
      {"ubig = 18446744073709551615", "`ubig` = 18446744073709551615"},
      {"y >= 1999", "`y` >= 1999"},
      {"bits = 0x01ff", "`bits` = 511"},
      {"f < 0.1", "(`f` * 1e0) < 0.1e0"},
      {"f IS NULL", "`f` IS NULL"},
      {"d = 12", "`d` = 12e0"},
      {"d = 1e300", "`d` = 1e+300"},
      {"price = -007.50", "`price` = -7.5"},
      {"price = -0", "`price` = 0"},
      {"name = 'it''s'", "`name` = _utf8mb4 X'69742773'"},
      {"name = ''", "`name` = _utf8mb4 X''"},
      {"name LIKE 'a\\%b%'", "`name` LIKE _utf8mb4 X'615c256225' ESCAPE X'5C'"},
      {"raw LIKE X'255c5f'", "`raw` LIKE X'255c5f' ESCAPE X'5C'"},
      {"raw IN (X'', 0x00ff)", "`raw` IN (X'', X'00ff')"},
      {"size = 'l''x'", "`size` = _utf8mb4 X'6c2778'"},
      {"tags = 'a,c'", "`tags` = _utf8mb4 X'612c63'"},
      {"day = DATE '2024-02-29'", "`day` = '2024-02-29'"},
      {"clock = '-01:00:00.500'", "`clock` = '-01:00:00.5'"},
      {"clock = '-00:00:00'", "`clock` = '00:00:00'"},
      {"at >= '2024-01-31'", "`at` >= '2024-01-31 00:00:00'"},
      {"ts < TIMESTAMP '2024-01-31 10:20:30'", "`ts` < '2024-01-31 10:20:30'"},
      {"uuid = '00112233-4455-6677-8899-AABBCCDDEEFF'",
       "`uuid` = '00112233-4455-6677-8899-aabbccddeeff'"},
      {"ip6 = '0:0:0:0:0:0:0:1'", "`ip6` = '::1'"},
      {"doc IS NOT NULL", "`doc` IS NOT NULL"},
      // IS NULL would also match zero dates.
      {"day IS NULL", "(`day` <=> NULL)"},
      {"at IS NOT NULL", "NOT (`at` <=> NULL)"},
  };
  for (const auto& [text, sql] : cases) {
    EXPECT_EQ(SqlOf(text), sql) << text;
  }
}

TEST_F(ConditionOnTable, PatternsAreRewrittenToOneEscape) {
  const auto pattern = [this](const std::string& text) {
    const auto bound = BindText("name LIKE " + text);
    return bound.ok() ? std::get<std::string>(bound->values.front()) : bound.status().ToString();
  };
  EXPECT_EQ(pattern("'a%_'"), "a%_");
  EXPECT_EQ(pattern(R"('50\%\_')"), R"(50\%\_)");
  EXPECT_EQ(pattern(R"('50|%|_||' ESCAPE '|')"), R"(50\%\_|)");
  EXPECT_EQ(pattern(R"('a\\b' ESCAPE '|')"), R"(a\\b)");
  EXPECT_EQ(pattern(R"('|é|x' ESCAPE '|')"), "éx");
  EXPECT_THAT(pattern("'a|' ESCAPE '|'"), HasSubstr("ends with its escape character"));
}

TEST_F(ConditionOnTable, ErrorsNameColumnTypeAndLiteral) {
  EXPECT_EQ(ErrorOf("price = 1.005"),
            "at offset 8: column 'price' of shop.t has type decimal(5,2): '1.005' has more than "
            "2 digits after the point");
  const absl::Status status = BindText("id = 1 AND size = 'xl'").status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not one of the column's labels"));
  EXPECT_EQ(ErrorMetadataOf(status),
            (ErrorMetadata{{"table", "shop.t"}, {"column", "size"}, {"offset", "18"}}));
}

constexpr const char* kOutsideTheType[] = {"tiny = 128",
                                           "tiny = -129",
                                           "utiny = 256",
                                           "utiny = -1",
                                           "small = 32768",
                                           "medium = 8388608",
                                           "id = 2147483648",
                                           "big = 9223372036854775808",
                                           "ubig = 18446744073709551616",
                                           "ubig = -1",
                                           "id = 1.0",
                                           "id = 1e0",
                                           "id = '1'",
                                           "id = X'01'",
                                           "id = DATE '2024-01-01'",
                                           "y = 99",
                                           "y = 2156",
                                           "y = TRUE",
                                           "bits = 512",
                                           "bits = 0x0200",
                                           "bits = 0x010000",
                                           "bits = -1",
                                           "f = 1e39",
                                           "d = 1e309",
                                           "d = '1'",
                                           "price = 1000",
                                           "price = 0.001",
                                           "price = 1e2",
                                           "price = '1'",
                                           "uprice = -0.01",
                                           "name = 5",
                                           "name = X'61'",
                                           "plain = 'é'",
                                           "old = '🎉'",
                                           "raw = 'a'",
                                           "raw = 5",
                                           "size = 'S'",
                                           "size = 's '",
                                           "size = 2",
                                           "tags = 'b,a'",
                                           "tags = 'a,a'",
                                           "tags = 'a,'",
                                           "tags = 'd'",
                                           "day = '2024-1-1'",
                                           "day = '2024-13-01'",
                                           "day = '2024-01-32'",
                                           "day = '2024-01-01 00:00:00'",
                                           "day = 20240101",
                                           "day = TIMESTAMP '2024-01-01 00:00:00'",
                                           "clock = '839:00:00'",
                                           "clock = '1:00:00'",
                                           "clock = '10:60:00'",
                                           "clock = '10:00'",
                                           "clock = '10:00:00.0001'",
                                           "clock = 100000",
                                           "at = '2024-01-01T00:00:00'",
                                           "at = '2024-01-01 24:00:00'",
                                           "at = DATE '2024-01-01'",
                                           "at = TIMESTAMP '2024-01-01'",
                                           "at0 = '2024-01-01 00:00:00.5'",
                                           "ts = '1969-12-31 00:00:00'",
                                           "ts = '2107-01-01'",
                                           "ts = '2023-02-31'",
                                           "ts = '2024-00-00'",
                                           "uuid = '00112233445566778899aabbccddeeff'",
                                           "uuid = X'00'",
                                           "ip4 = '1.2.3'",
                                           "ip4 = '1.2.3.256'",
                                           "ip6 = ':::'",
                                           "ip6 = '1'"};

TEST_F(ConditionOnTable, LiteralsOutsideTheTypeAreRefused) {
  for (const char* text : kOutsideTheType) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("has type")) << text;
  }
}

TEST_F(ConditionOnTable, ValuesAtTypeLimitsAreAccepted) {
  for (const char* text : {"tiny = -128",
                           "utiny = 255",
                           "id = -2147483648",
                           "big = -9223372036854775808",
                           "y = 0",
                           "bits = 511",
                           "bits = 0x000001ff",
                           "f = 3.4028234663852886e38",
                           "d = 5e-324",
                           "price = 999.99",
                           "price = 1.500",
                           "name = '🎉'",
                           "old = '日'",
                           "latin = '日'",
                           "size = ''",
                           "tags = ''",
                           "day = '0000-00-00'",
                           "day = '2023-02-31'",
                           "clock = '838:59:59'",
                           "at = '9999-12-31 23:59:59.999999'",
                           "at0 = '2024-01-01 00:00:00.000'",
                           "ts = '0000-00-00 00:00:00'",
                           "ts = '2106-02-07 06:28:15'",
                           "ip4 = '255.255.255.255'"}) {
    EXPECT_TRUE(BindText(text).ok()) << BindText(text).status();
  }
}

// MySQL would read the time without the fraction.
TEST_F(ConditionOnTable, GreatestTimeTakesNoFraction) {
  for (const char* text : {"clock = '838:59:59.5'", "clock = '-838:59:59.5'"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("is not a time")) << text;
  }
}

TEST_F(ConditionOnTable, UnsupportedOperatorsAreRefused) {
  for (const char* text : {"size < 'm'", "tags BETWEEN 'a' AND 'b'"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("has no order")) << text;
  }
  for (const char* text : {"id LIKE '1%'", "day LIKE '2024%'", "uuid LIKE '0%'", "d LIKE '1'"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("does not support LIKE")) << text;
  }
  for (const char* text : {"doc = '{}'", "place <=> X'00'", "vec IN (X'00')", "doc LIKE '%'"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("supports only IS NULL and IS NOT NULL")) << text;
  }
  for (const char* text :
       {"id = NULL", "id IN (NULL)", "id BETWEEN 1 AND NULL", "name LIKE NULL"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("nothing equals NULL")) << text;
  }
}

TEST_F(ConditionOnTable, UncapturedColumnDoesNotExist) {
  const auto refusal = [this](const std::string& column) {
    std::string error = ErrorOf(column + " LIKE 's3%'");
    const size_t at = error.find(column);
    return at == std::string::npos ? error : error.replace(at, column.size(), "X");
  };
  EXPECT_EQ(refusal("secret"), "at offset 0: table shop.t has no captured column 'X'");
  EXPECT_EQ(refusal("secret"), refusal("nosuch"));
  EXPECT_EQ(refusal("SECRET"), refusal("nosuch"));
}

TEST_F(ConditionOnTable, InjectionsAreRefused) {
  const std::vector<schema::Column> columns = {
      testing::ColumnOf("id", ColumnType::kLong, "int"),
      testing::TextColumn("name", ColumnType::kVarchar, "varchar(40)", 45),
      testing::TextColumn("note", ColumnType::kBlob, "text", 45)};
  for (const std::string& attempt : millrace::testing::Injections()) {
    const auto parsed = Parse(attempt);
    const absl::Status status = parsed.ok()
                                    ? Bind(*parsed, {.table = name_, .columns = columns}).status()
                                    : parsed.status();
    EXPECT_EQ(ErrorReason(status), "CONDITION_INVALID") << attempt;
  }
  EXPECT_GE(millrace::testing::Injections().size(), 105u);
}

TEST_F(ConditionOnTable, BoundValueTakesTextWithoutQuotes) {
  const auto sql = [this](const std::string& column, const std::string& text) {
    const auto bound =
        BindValue(column, Comparison::kGreaterOrEqual, text, {.table = name_, .columns = columns_});
    return bound.ok() ? ToSql(*bound, columns_) : ErrorReason(bound.status());
  };
  EXPECT_EQ(sql("id", "-5"), "`id` >= -5");
  EXPECT_EQ(sql("price", "1.5"), "`price` >= 1.5");
  EXPECT_EQ(sql("name", "it's"), "`name` >= _utf8mb4 X'69742773'");
  EXPECT_EQ(sql("raw", "0x00ff"), "`raw` >= X'00ff'");
  EXPECT_EQ(sql("day", "2024-01-31"), "`day` >= '2024-01-31'");
  for (const auto& [column, text] :
       std::vector<std::pair<std::string, std::string>>{{"id", "5 OR 1=1"},
                                                        {"id", "abc"},
                                                        {"id", ""},
                                                        {"raw", "abc"},
                                                        {"day", "soon"},
                                                        {"size", "s"},
                                                        {"doc", "{}"},
                                                        {"secret", "1"},
                                                        {"name", "\xff"}}) {
    EXPECT_EQ(sql(column, text), "CONDITION_INVALID") << column << " " << text;
  }
}

}  // namespace
}  // namespace millrace::condition

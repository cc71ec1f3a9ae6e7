// SPDX-License-Identifier: Apache-2.0

// A walk that continues after the key of the last row reads every row once, for keys of any type.

#include <algorithm>

#include "fmt/format.h"
#include "mysql/row_stream.h"
#include "transcode/server/read_values_fixture.h"

namespace millrace {
namespace {

using transcode::SelectPlan;

std::string SetOf(int members) {
  std::string labels;
  for (int i = 1; i <= members; ++i) labels += fmt::format("{}'m{}'", i == 1 ? "" : ",", i);
  return "SET(" + labels + ")";
}

class Keyset : public ReadValues {
 protected:
  // Creates a table with this key and walks it row by row; the values are SQL expressions.
  void ExpectWalked(const std::string& type, const std::vector<std::string>& values) {
    SCOPED_TRACE(type.substr(0, 60));
    const std::string table = fmt::format("k{}", tables_++);
    Execute(fmt::format("CREATE TABLE {} (k {}, PRIMARY KEY (k))", table, type));
    for (const std::string& value : values) {
      Execute(fmt::format("INSERT IGNORE INTO {} VALUES ({})", table, value));
    }
    const auto version = Describe(table);
    EncodedRows whole = Select(version, "ORDER BY k");
    EXPECT_EQ(whole.size(), values.size());
    EXPECT_EQ(Walk(version), whole);
  }

  // Reads one row with each query.
  EncodedRows Walk(const schema::TableVersionPtr& version) {
    const auto plan = SelectPlan::Compile(version, flavour_).value();
    EncodedRows rows;
    std::string condition = "TRUE";
    for (int guard = 0; guard < 100; ++guard) {
      const std::string rest = fmt::format("WHERE {} ORDER BY k LIMIT 1", condition);
      const EncodedRows row = Select(version, rest);
      if (row.empty()) return rows;
      rows.push_back(row[0]);
      auto stream = connection_
                        ->Stream(fmt::format("SELECT {} FROM types.{} {}", plan->select_list(),
                                             version->name.table, rest))
                        .value();
      EXPECT_TRUE(stream->Next().value());
      const auto after = plan->CompareWith(0, stream->values()[0].view());
      EXPECT_TRUE(after.ok()) << after.status();
      condition = after->greater.empty() ? "FALSE" : after->greater;
      while (stream->Next().value()) continue;
      stream.reset();
      ExpectRange(version->name.table, condition);
    }
    ADD_FAILURE() << "the walk is endless";
    return rows;
  }

  // Checks that earlier rows are not read again.
  void ExpectRange(const std::string& table, const std::string& condition) {
    const std::string sql =
        fmt::format("SELECT 1 FROM types.{} FORCE INDEX (PRIMARY) WHERE {} ORDER BY k LIMIT 1",
                    table, condition);
    const auto passed = [this] {
      const auto status = connection_->Query("SHOW SESSION STATUS LIKE 'Handler_read_next'");
      return std::stoull(status.value().rows[0][1].value());
    };
    const uint64_t before = passed();
    const auto row = connection_->Query(sql);
    EXPECT_TRUE(row.ok()) << row.status();
    EXPECT_TRUE(!ranges_ || passed() - before <= 1) << sql;
  }

  bool ranges_ = true;  // an index on the key's type supports ranges
  int tables_ = 0;
};

class MariadbKeyset : public Keyset {};

TEST_P(Keyset, NumbersAreWalked) {
  ExpectWalked("TINYINT", {"-128", "-1", "0", "127"});
  ExpectWalked("BIGINT", {"-9223372036854775808", "-1", "0", "9223372036854775807"});
  ExpectWalked("BIGINT UNSIGNED", {"0", "9223372036854775808", "18446744073709551615"});
  ExpectWalked("BIGINT(255) ZEROFILL", {"0", "9223372036854775808", "18446744073709551615"});
  ExpectWalked("DECIMAL(65,30)",
               {"-99999999999999999999999999999999999.999999999999999999999999999999",
                "0.000000000000000000000000000001", "0", "-1.5"});
  ExpectWalked("DECIMAL(3,3) ZEROFILL", {"0", "0.5", "0.999"});
  ExpectWalked("BIT(64)", {"0", "1", "9223372036854775808", "18446744073709551615"});
  ExpectWalked("YEAR", {"0", "1901", "1970", "2000", "2155"});
}

TEST_P(Keyset, FloatsAreWalked) {
  ExpectWalked("FLOAT", {"-3.4028234663852886e38", "-1e-45", "0e0", "1e-45", "0.1", "16777216",
                         "3.4028234663852886e38"});
  ExpectWalked("FLOAT(7,3)", {"-0.001", "0", "0.1", "1234.567", "9999.999"});
  ExpectWalked("DOUBLE", {"-1.7976931348623157e308", "5e-324", "0e0", "0.1", "123456789.123456789",
                          "9007199254740993e0", "1e15", "1.7976931348623157e308"});
  ExpectWalked("DOUBLE(20,4)", {"-0.0001", "0", "0.1", "1234567890.1234"});
}

TEST_P(Keyset, DatesAreWalked) {
  ExpectWalked("DATE", {"'0000-00-00'", "'0001-01-01'", "'2024-00-00'", "'2023-02-31'",
                        "'2024-05-00'", "'9999-12-31'"});
  ExpectWalked("DATETIME(6)", {"'0000-00-00'", "'2024-00-00 01:02:03.04'",
                               "'2023-02-30 11:11:11.000001'", "'9999-12-31 23:59:59.999999'"});
  ExpectWalked("DATETIME", {"'0000-00-00'", "'2023-02-30 11:11:11'", "'9999-12-31 23:59:59'"});
  ExpectWalked("TIMESTAMP(3)",
               {"'0000-00-00'", "'1970-01-01 00:00:01.5'", "'2038-01-19 03:14:07'"});
  ExpectWalked("TIME(2)", {"'-838:59:59'", "'-00:00:00.5'", "'00:00:00'", "'100:00:00.25'"});
}

TEST_P(Keyset, LabelsAreWalked) {
  ranges_ = false;  // see LabelIsFoundWithoutReadingEarlierRows
  ExpectWalked("ENUM('b','a','c','')", {"1", "2", "3", "4", "'none of these'"});
  ExpectWalked(SetOf(10), {"0", "1", "2", "512", "1023"});
  ExpectWalked(SetOf(63), {"0", "1", "2", "4611686018427387904", "9223372036854775807"});
  ExpectWalked(SetOf(64), {"0", "1", "4611686018427387904", "9223372036854775808",
                           "9223372036854775809", "18446744073709551615"});
}

TEST_P(Keyset, LabelIsFoundWithoutReadingEarlierRows) {
  Execute("CREATE TABLE k (k ENUM('a','b','c','d'), n INT, PRIMARY KEY (k, n))");
  Execute(
      "INSERT INTO k WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < "
      "1000) SELECT IF(n < 990, 1, IF(n < 995, 3, 4)), n FROM s");
  Execute("ANALYZE TABLE k");
  const auto plan = SelectPlan::Compile(Describe("k"), flavour_).value();
  ranges_ = true;
  ExpectRange("k", plan->CompareWith(0, "2")->greater);
}

TEST_P(Keyset, BytesAreWalked) {
  ExpectWalked("BINARY(4)", {"''", "X'00000001'", "X'20'", "X'FF'", "''''"});
  ExpectWalked("VARBINARY(20)", {"''", "X'00'", "X'0000'", "X'FF'", "'\\''", "'\\\\'"});
}

TEST_P(Keyset, TextIsWalkedInCollationOrder) {
  const std::vector<std::string> latin = {"''", "'a'", "'B'", "'é'", "'z\\''", "'\\\\'"};
  ExpectWalked("VARCHAR(20) CHARACTER SET latin1", latin);
  ExpectWalked("VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin", latin);
  ExpectWalked("CHAR(20) CHARACTER SET utf8mb3", latin);
  const std::vector<std::string> wide = {"''", "'a'", "'B'", "'ß'", "'日本'", "'🎉'"};
  ExpectWalked("VARCHAR(20) CHARACTER SET utf8mb4", wide);
  ExpectWalked("VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", wide);
  ExpectWalked("VARCHAR(20) CHARACTER SET utf16", wide);
  ExpectWalked("VARCHAR(20) CHARACTER SET utf32", wide);
  for (const char* charset : {"gbk", "sjis", "big5", "ujis", "cp932", "ucs2"}) {
    ExpectWalked(fmt::format("VARCHAR(20) CHARACTER SET {}", charset),
                 {"''", "'a'", "'B'", "'日本'", "'本'"});
  }
}

TEST_P(MariadbKeyset, AddressesAreWalked) {
  ExpectWalked(
      "UUID", {"'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-12d3-a456-426655440000'",
               "'00112233-4455-1677-8899-aabbccddeeff'", "'ffffffff-ffff-ffff-ffff-ffffffffff00'"});
  ExpectWalked("INET6", {"'::'", "'::1'", "'::ffff:192.0.2.128'", "'fe80::'", "'2001:db8::1'"});
  ExpectWalked("INET4", {"'0.0.0.0'", "'10.0.0.1'", "'255.255.255.255'"});
}

MILLRACE_BOTH_SERVERS(Keyset);
INSTANTIATE_TEST_SUITE_P(Servers, MariadbKeyset, ::testing::Values(ServerKind::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#include "model/gtid_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/error.h"

namespace millrace {
namespace {

// `A` and `B` abbreviate two UUIDs, so that a set fits on a line.
std::string Expand(const std::string& text) {
  return absl::StrReplaceAll(text, {{"A", "3e11fa47-71ca-11e1-9e33-c80aa9429562"},
                                    {"B", "4e11fa47-71ca-11e1-9e33-c80aa9429562"}});
}
std::string Shorten(const std::string& text) {
  return absl::StrReplaceAll(text, {{"3e11fa47-71ca-11e1-9e33-c80aa9429562", "A"},
                                    {"4e11fa47-71ca-11e1-9e33-c80aa9429562", "B"}});
}
MysqlGtidSet Set(const std::string& text) {
  auto set = MysqlGtidSet::Parse(Expand(text));
  EXPECT_TRUE(set.ok()) << text << ": " << set.status();
  return set.ok() ? *set : MysqlGtidSet();
}
MysqlGtid Gtid(const std::string& text) { return ParseMysqlGtid(Expand(text)).value(); }
MariadbGtidSet Mariadb(std::string_view text) { return MariadbGtidSet::Parse(text).value(); }

TEST(MysqlGtidSet, PrintsMysqlFormOnOneLine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {" \n", ""},
      {"A:1-5:7", "A:1-5:7"},
      {"B:1,\nA:3:1", "A:1:3,B:1"},
      {"A:1-5:6:4-9", "A:1-9"},
      {"A:7-8:1-5:6", "A:1-8"},
      {"A:5-5", "A:5"},
      {",, A : 5 - 8 : X : 3 : 3, ,", "A:5-8:x:3"},
      {"A:zeta:3:alpha:3:1,A:5", "A:5:alpha:1:3:zeta:3"},
      {"A:1:a:5,A:3:a:6", "A:1:3:a:5-6"},
      {"A:9223372036854775806", "A:9223372036854775806"},
      {"A:9223372036854775806:1-9223372036854775805", "A:1-9223372036854775806"}};
  for (const auto& [text, printed] : cases) EXPECT_EQ(Shorten(Set(text).ToString()), printed);
}

TEST(MysqlGtidSet, InvalidSetFails) {
  for (const std::string text :
       {"A", "A:", "A:0", "A:0-3", "A:5-3", "A:1-", "A:1-9223372036854775807", "A:1,x", "A:1 A:2",
        "A:1;B:2", "A:tag", "A:a:b:5", "A:1:tag:", "x", "A:1-2-3", "A:18446744073709551616"}) {
    const absl::Status status = MysqlGtidSet::Parse(Expand(text)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(ErrorReason(status), "GTID_SET_MALFORMED") << text;
  }
}

TEST(MysqlGtidSet, MillionIntervalsInWorstOrderParseFast) {
  std::string text = Expand("A");
  for (int number = 2'000'000; number > 0; number -= 2) absl::StrAppend(&text, ":", number);
  const auto set = MysqlGtidSet::Parse(text);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->intervals().begin()->second.size(), 1'000'000u);
}

TEST(MysqlGtidSet, AddJoinsItsNeighbours) {
  MysqlGtidSet set;
  std::vector<std::string> seen;
  for (const char* gtid : {"A:5", "A:6", "A:3", "A:4", "A:1", "A:9", "A:7", "A:7", "A:t:8"}) {
    set.Add(Gtid(gtid));
    seen.push_back(Shorten(set.ToString()));
  }
  EXPECT_THAT(seen, testing::ElementsAre("A:5", "A:5-6", "A:3:5-6", "A:3-6", "A:1:3-6", "A:1:3-6:9",
                                         "A:1:3-7:9", "A:1:3-7:9", "A:1:3-7:9:t:8"));
}

TEST(MysqlGtidSet, ContainsNumbersOfTheSameOriginOnly) {
  const MysqlGtidSet set = Set("A:2-4:8:tag:6");
  for (const char* held : {"A:2", "A:3", "A:4", "A:8", "A:tag:6"}) {
    EXPECT_TRUE(set.Contains(Gtid(held))) << held;
  }
  for (const char* other : {"A:1", "A:5", "A:9", "A:6", "B:3", "A:tag:2", "A:tig:6"}) {
    EXPECT_FALSE(set.Contains(Gtid(other))) << other;
  }
}

TEST(MysqlGtidSet, ContainsSubsetsOnly) {
  const MysqlGtidSet set = Set("A:2-9:12,B:1");
  for (const char* held : {"", "A:2-9", "A:3-4:6:12", "B:1", "A:2-9:12,B:1"}) {
    EXPECT_TRUE(set.Contains(Set(held))) << held;
  }
  for (const char* other : {"A:1-9", "A:2-10", "A:9-12", "B:1-2", "B:t:1", "A:2,B:2"}) {
    EXPECT_FALSE(set.Contains(Set(other))) << other;
  }
}

TEST(MysqlGtidSet, MinusKeepsOnlyMissingNumbers) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"A:1-10", "", "A:1-10"},
      {"A:1-10", "A:1-10", ""},
      {"A:1-10", "A:3-4:6", "A:1-2:5:7-10"},
      {"A:1-10:20-30", "A:5-25", "A:1-4:26-30"},
      {"A:5-6:8-9", "A:1-5:7:9-12", "A:6:8"},
      {"A:1:3:5", "A:1-9", ""},
      {"A:1-3,B:t:4", "A:t:1-3,B:4", "A:1-3,B:t:4"}};
  for (const auto& [from, taken, left] : cases) {
    EXPECT_EQ(Shorten(Set(from).Minus(Set(taken)).ToString()), left) << from << " - " << taken;
  }
}

TEST(MysqlGtidSet, AlgebraAgreesWithPlainSetsOfNumbers) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::set<uint64_t> plain[2];
    MysqlGtidSet sets[2];
    for (int i = 0; i < 60; ++i) {
      const uint64_t number = 1 + random() % 40;
      const unsigned which = random() % 2;
      plain[which].insert(number);
      MysqlGtid gtid = Gtid("A:1");
      gtid.number = number;
      sets[which].Add(gtid);
    }
    MysqlGtidSet joined = sets[0];
    joined.Add(sets[1]);
    const MysqlGtidSet left = sets[0].Minus(sets[1]);
    for (uint64_t number = 1; number <= 40; ++number) {
      MysqlGtid gtid = Gtid("A:1");
      gtid.number = number;
      const bool in[2] = {plain[0].contains(number), plain[1].contains(number)};
      ASSERT_EQ(joined.Contains(gtid), in[0] || in[1]);
      ASSERT_EQ(left.Contains(gtid), in[0] && !in[1]);
    }
    ASSERT_EQ(sets[1].Contains(sets[0]), left.empty());
    ASSERT_EQ(MysqlGtidSet::Parse(joined.ToString()).value(), joined);
  }
}

TEST(MysqlGtidSet, AddingASetToItselfChangesNothing) {
  MysqlGtidSet set = Set("A:1-3:7,B:t:4");
  set.Add(set);
  EXPECT_EQ(Shorten(set.ToString()), "A:1-3:7,B:t:4");
}

// Expected: the body of the PREVIOUS_GTIDS event that MySQL 9.7.4 wrote for this set.
TEST(MysqlGtidSet, DumpFormWithTagsMatchesMysql) {
  const auto set = MysqlGtidSet::Parse(
      "0e11fa47-71ca-11e1-9e33-c80aa9429562:b:9223372036854775806,\n"
      "3e11fa47-71ca-11e1-9e33-c80aa9429562:5:7:alpha_tag_with_twenty_nine_ch:3:zeta:3,\n"
      "58e0bd97-e68d-11f1-b723-02fc00000001:1-2");
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(absl::BytesToHexString(set->EncodeForDump()),
            "0105000000000001"
            "0e11fa4771ca11e19e33c80aa9429562"
            "0262"
            "0100000000000000"
            "feffffffffffff7f"
            "ffffffffffffff7f"
            "3e11fa4771ca11e19e33c80aa9429562"
            "00"
            "0200000000000000"
            "0500000000000000"
            "0600000000000000"
            "0700000000000000"
            "0800000000000000"
            "3e11fa4771ca11e19e33c80aa9429562"
            "3a616c7068615f7461675f776974685f7477656e74795f6e696e655f6368"
            "0100000000000000"
            "0300000000000000"
            "0400000000000000"
            "3e11fa4771ca11e19e33c80aa9429562"
            "087a657461"
            "0100000000000000"
            "0300000000000000"
            "0400000000000000"
            "58e0bd97e68d11f1b72302fc00000001"
            "00"
            "0100000000000000"
            "0100000000000000"
            "0300000000000000");
}

TEST(MysqlGtidSet, DumpFormWithoutTagsIsOldForm) {
  EXPECT_EQ(absl::BytesToHexString(Set("A:1-2:5").EncodeForDump()),
            "0100000000000000"
            "3e11fa4771ca11e19e33c80aa9429562"
            "0200000000000000"
            "0100000000000000"
            "0300000000000000"
            "0500000000000000"
            "0600000000000000");
  EXPECT_EQ(absl::BytesToHexString(MysqlGtidSet().EncodeForDump()), "0000000000000000");
}

TEST(MariadbGtidSet, PrintsDomainsInOrder) {
  EXPECT_EQ(Mariadb(" 1-2-5 ,\n0-1-100 ").ToString(), "0-1-100,1-2-5");
  EXPECT_EQ(Mariadb("").ToString(), "");
}

TEST(MariadbGtidSet, InvalidPositionFails) {
  for (const std::string_view text : {",", "0-1-2,", "0-1-2,0-3-4", "0-1", "A:1", "0-1-2;1-1-1"}) {
    EXPECT_EQ(ErrorReason(MariadbGtidSet::Parse(text).status()), "GTID_SET_MALFORMED") << text;
  }
}

TEST(MariadbGtidSet, ContainsGtidsUpToTheDomainsLast) {
  const MariadbGtidSet set = Mariadb("0-1-100,1-2-5");
  EXPECT_TRUE(set.Contains(MariadbGtid{0, 9, 100}));
  EXPECT_FALSE(set.Contains(MariadbGtid{0, 1, 101}));
  EXPECT_FALSE(set.Contains(MariadbGtid{2, 1, 1}));
  EXPECT_TRUE(set.Contains(Mariadb("1-7-5")));
  EXPECT_FALSE(set.Contains(Mariadb("0-1-1,2-1-1")));
}

TEST(MariadbGtidSet, AddedGtidIsTheLastOfItsDomain) {
  MariadbGtidSet set = Mariadb("0-1-100,1-2-5");
  set.Add({0, 3, 99});
  EXPECT_EQ(set.ToString(), "0-3-99,1-2-5");
}

TEST(GtidSet, OtherFlavourIsContainedOnlyIfEmpty) {
  const GtidSet mysql(Set("A:1-5"));
  const GtidSet mariadb(Mariadb("0-1-5"));
  EXPECT_FALSE(mysql.Contains(mariadb));
  EXPECT_FALSE(mariadb.Contains(mysql));
  EXPECT_TRUE(mysql.Contains(GtidSet()));
  EXPECT_TRUE(mariadb.Contains(GtidSet(MysqlGtidSet())));
}

TEST(GtidSet, EmptySetsOfBothFlavoursAreEqual) {
  EXPECT_EQ(GtidSet(MysqlGtidSet()), GtidSet(MariadbGtidSet()));
  EXPECT_EQ(GtidSet::Parse(Flavour::kMariadb, "").value(), GtidSet());
}

TEST(GtidSet, ParseDependsOnTheFlavour) {
  EXPECT_EQ(GtidSet::Parse(Flavour::kMariadb, "0-1-5").value().ToString(), "0-1-5");
  EXPECT_EQ(Shorten(GtidSet::Parse(Flavour::kMysql, Expand("A:5")).value().ToString()), "A:5");
  EXPECT_FALSE(GtidSet::Parse(Flavour::kMysql, "0-1-5").ok());
}

TEST(GtidSet, AddAcceptsGtidsOfEitherFlavour) {
  GtidSet mysql;
  mysql.Add(Gtid("A:5"));
  EXPECT_TRUE(mysql.Contains(Gtid("A:5")));
  GtidSet mariadb;
  mariadb.Add(MariadbGtid{0, 1, 5});
  EXPECT_EQ(mariadb.ToString(), "0-1-5");
}

}  // namespace
}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#include "model/gtid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace millrace {
namespace {

constexpr std::string_view kServerUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

template <typename Gtid>
std::string TextOf(const Gtid& gtid) {
  std::string text;
  AppendText(text, gtid);
  return text;
}

std::string WithUuid(std::string_view rest) { return std::string(kServerUuid).append(rest); }

TEST(MysqlGtid, TextRoundTrips) {
  for (const std::string& text :
       {WithUuid(":1"), WithUuid(":9223372036854775806"), WithUuid(":tag_1:7"), WithUuid(":_:7")}) {
    const auto gtid = ParseMysqlGtid(text);
    ASSERT_TRUE(gtid.ok()) << gtid.status();
    EXPECT_EQ(TextOf(*gtid), text);
  }
}

TEST(MysqlGtid, AllUuidSpellingsAreEqual) {
  for (const std::string_view text :
       {"3E11FA47-71CA-11E1-9E33-C80AA9429562:Tag:5", "3e11fa4771ca11e19e33c80aa9429562:tag:5",
        "{3e11fa47-71ca-11e1-9e33-c80aa9429562} : tag : 5"}) {
    const auto gtid = ParseMysqlGtid(text);
    ASSERT_TRUE(gtid.ok()) << gtid.status();
    EXPECT_EQ(TextOf(*gtid), WithUuid(":tag:5"));
  }
}

TEST(MysqlGtid, InvalidGtidFails) {
  for (const std::string& text :
       {std::string(), std::string("5"), std::string(kServerUuid), WithUuid(":"), WithUuid(":0"),
        WithUuid(":-1"), WithUuid(":9223372036854775807"), WithUuid(":99999999999999999999"),
        WithUuid(":1-2"), WithUuid(":tag"), WithUuid(":tag:"), WithUuid(":1tag:5"),
        WithUuid(":" + std::string(33, 'a') + ":5"), "{" + WithUuid(":5"), "x" + WithUuid(":5"),
        std::string("3e11fa47-71ca11e1-9e33-c80aa9429562:5"), WithUuid(":5x")}) {
    EXPECT_EQ(ErrorReason(ParseMysqlGtid(text).status()), "GTID_SET_MALFORMED") << text;
  }
}

TEST(MysqlGtid, MessageNamesExpectedTextAndOffset) {
  const absl::Status status = ParseMysqlGtid(WithUuid(":0\n")).status();
  EXPECT_EQ(std::string(status.message()),
            "not a GTID set: expected a tag, or a number from 1 to 2^63-2 at offset 37, "
            "not '0\\n'");
}

TEST(MariadbGtid, TextRoundTrips) {
  for (const std::string_view text : {"0-1-100", "4294967295-4294967295-18446744073709551615"}) {
    const auto gtid = ParseMariadbGtid(text);
    ASSERT_TRUE(gtid.ok()) << gtid.status();
    EXPECT_EQ(TextOf(*gtid), text);
  }
}

TEST(MariadbGtid, InvalidGtidFails) {
  for (const std::string_view text : {"", "0", "0-1", "0-1-", "0-1-2-3", "4294967296-1-2",
                                      "0-4294967296-2", "0-1-18446744073709551616", "a-1-2"}) {
    EXPECT_EQ(ErrorReason(ParseMariadbGtid(text).status()), "GTID_SET_MALFORMED") << text;
  }
}

}  // namespace
}  // namespace millrace

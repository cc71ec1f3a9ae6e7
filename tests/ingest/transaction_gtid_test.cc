// SPDX-License-Identifier: Apache-2.0

#include "ingest/transaction_gtid.h"

#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

constexpr std::string_view kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
constexpr std::string_view kOther = "4f22fb58-82db-22f2-8f44-d91bb0530673";

MysqlGtid Mysql(std::string_view uuid, std::string_view rest) {
  return ParseMysqlGtid(std::string(uuid) + ":" + std::string(rest)).value();
}

TEST(TransactionGtid, TextIsOfNewestGtid) {
  TransactionGtid gtid;
  // Longer, shorter, of another source, with a tag, of the first source again.
  for (const auto& [uuid, rest] :
       std::vector<std::pair<std::string_view, std::string_view>>{{kUuid, "9"},
                                                                  {kUuid, "10"},
                                                                  {kUuid, "1"},
                                                                  {kOther, "5"},
                                                                  {kOther, "tag:6"},
                                                                  {kOther, "7"},
                                                                  {kOther, "tag:8"},
                                                                  {kUuid, "2"}}) {
    gtid.Set(Mysql(uuid, rest));
    EXPECT_EQ(gtid.text(), std::string(uuid) + ":" + std::string(rest));
  }
  gtid.Set(MariadbGtid{.domain = 1, .server_id = 2, .number = 3});
  EXPECT_EQ(gtid.text(), "1-2-3");
  gtid.Set(Mysql(kUuid, "3"));
  EXPECT_EQ(gtid.text(), std::string(kUuid) + ":3");
}

TEST(TransactionGtid, NoGtidHasEmptyText) {
  TransactionGtid gtid;
  EXPECT_EQ(gtid.text(), "");
  gtid.Set(Mysql(kUuid, "1"));
  gtid.Reset();
  EXPECT_EQ(gtid.text(), "");
  GtidSet gtids;
  gtid.AddTo(gtids);
  EXPECT_TRUE(gtids.empty());
  gtid.Set(Mysql(kUuid, "2"));
  gtid.AddTo(gtids);
  EXPECT_EQ(gtids.ToString(), std::string(kUuid) + ":2");
}

}  // namespace
}  // namespace millrace::ingest

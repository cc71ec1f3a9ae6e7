// SPDX-License-Identifier: Apache-2.0

#include "wire/transaction.h"

#include <string>

#include "gtest/gtest.h"
#include "millrace/v1/change_feed.pb.h"
#include "wire/sample.h"

namespace millrace::wire {
namespace {

std::string HeaderOf(const TransactionHeader& header) {
  Buffer to;
  PutHeader(header, to);
  return std::string(to.view());
}
v1::Transaction TransactionOf(std::string_view bytes) {
  v1::Transaction transaction;
  EXPECT_TRUE(transaction.ParseFromString(std::string(bytes)));
  EXPECT_EQ(transaction.SerializeAsString(), bytes);
  return transaction;
}

TEST(TransactionHeader, RoundTrips) {
  const std::string bytes = testing::SampleHeader();
  TransactionHeader header;
  ASSERT_TRUE(ParseHeader(bytes, header));
  EXPECT_EQ(header.commit_time, 1'700'000'000'123'456);
  EXPECT_EQ(header.position, 1377u);
  EXPECT_EQ(HeaderOf(header), bytes);
  EXPECT_EQ(GtidOf(bytes), header.gtid);
}

TEST(TransactionHeader, MatchesProtobuf) {
  const v1::Transaction transaction = TransactionOf(testing::SampleHeader());
  EXPECT_EQ(transaction.gtid(), "3e11fa47-71ca-11e1-9e33-c80aa9429562:77");
  EXPECT_EQ(transaction.commit_time().seconds(), 1'700'000'000);
  EXPECT_EQ(transaction.commit_time().nanos(), 123'456'000);
  EXPECT_EQ(transaction.source().server_id(), 4'000'000'000);
  EXPECT_EQ(transaction.source().file(), "binlog.000042");
}

TEST(TransactionHeader, WithoutValuesHasOnlyTheSource) {
  EXPECT_EQ(HeaderOf({}), std::string_view("\x1a\x00", 2));
  EXPECT_EQ(GtidOf(HeaderOf({})), "");
  EXPECT_EQ(GtidOf(""), "");
}

TEST(TransactionHeader, HeaderForRowsOmitsGtidAndMore) {
  Buffer more;
  more.Append(testing::SampleHeader());
  PutMore(more);
  TransactionHeader header;
  ASSERT_TRUE(ParseHeader(more.view(), header));
  header.gtid = {};
  EXPECT_EQ(HeaderForRows(more.view()), HeaderOf(header));
}

TEST(TransactionPrefix, BeginsATransactionWithItsLength) {
  const std::string changes = testing::SampleChanges();
  for (const bool more : {false, true}) {
    const std::string bytes = TransactionPrefix(testing::SampleHeader(), changes.size(), more);
    v1::SubscribeResponse response;
    ASSERT_TRUE(response.ParseFromString(bytes + changes));
    EXPECT_EQ(response.SerializeAsString(), bytes + changes);
    ASSERT_EQ(response.transactions_size(), 1);
    EXPECT_EQ(response.transactions(0).more(), more);
    EXPECT_EQ(response.transactions(0).changes_size(), 4);
  }
}

TEST(TransactionPrefix, EqualsPutTransactionBegin) {
  const std::string header = testing::SampleHeader();
  const std::string changes = testing::SampleChanges();
  Buffer known;
  PutTransactionBegin(known, header.size() + changes.size());
  known.Append(header);
  EXPECT_EQ(known.view(), TransactionPrefix(header, changes.size(), false));
  Buffer nested;
  const size_t begin = BeginTransaction(nested);
  nested.Append(header + changes);
  nested.EndNested(begin);
  EXPECT_EQ(nested.view(), std::string(known.view()) + changes);
}

TEST(ListOfChanges, AnotherFieldIsNotAChange) {
  ByteReader reader("\x22\x01x");
  std::string_view change;
  EXPECT_FALSE(NextChange(reader, change));
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace millrace::wire

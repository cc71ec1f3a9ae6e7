// SPDX-License-Identifier: Apache-2.0

#include "ingest/prepared_xa.h"

#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pointee;

class PreparedXaTest : public log::testing::LogTest {
 protected:
  PreparedXaTest() {
    EXPECT_TRUE(Reopen().ok());
    Load();
  }
  void Load() { prepared_ = PreparedXa::Open(*log_).value(); }
  void Store() { ASSERT_TRUE(log_->PutRecords(prepared_->TakeUnstored()).ok()); }
  std::string Put(const std::string& value) {
    EXPECT_TRUE(log_->PutRecords({{log::RecordKind::kMeta, "xa.x", value}}).ok());
    return ErrorReason(PreparedXa::Open(*log_).status());
  }

  std::unique_ptr<PreparedXa> prepared_;
};

TEST_F(PreparedXaTest, StoredEntriesAreLoaded) {
  prepared_->Add("x", {{"d", "t"}, {"d", "u"}});
  prepared_->Add("y", {});
  Store();
  Load();
  EXPECT_THAT(prepared_->Find("x"), Pointee(ElementsAre(TableName{"d", "t"}, TableName{"d", "u"})));
  EXPECT_THAT(prepared_->Find("y"), Pointee(IsEmpty()));
  EXPECT_EQ(prepared_->Find("z"), nullptr);
}

TEST_F(PreparedXaTest, EndedTransactionIsForgotten) {
  prepared_->Add("x", {});
  Store();
  prepared_->Remove("x");
  Store();
  Load();
  EXPECT_EQ(prepared_->Find("x"), nullptr);
}

TEST_F(PreparedXaTest, RecordFormatNeverChanges) {
  prepared_->Add("X'78',X'',1", {{"d", "t"}});
  const std::vector<log::Record> records = prepared_->TakeUnstored();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].key, "xa.X'78',X'',1");
  EXPECT_EQ(records[0].value, std::string("\x01\x01\0\0\0\0\0\0\0d\0t\0", 13));
}

TEST_F(PreparedXaTest, OldestIsDroppedBeyondLimit) {
  for (size_t i = 0; i <= PreparedXa::kTransactionsMax; ++i) {
    prepared_->Add(std::to_string(i), {});
  }
  EXPECT_EQ(prepared_->Find("0"), nullptr);
  EXPECT_NE(prepared_->Find("1"), nullptr);
}

TEST_F(PreparedXaTest, DamagedRecordsAreRejected) {
  EXPECT_EQ(Put(""), "LOG_DAMAGED");
  EXPECT_EQ(Put("\x02"), "FORMAT_TOO_NEW");
  EXPECT_EQ(Put("\x01short"), "LOG_DAMAGED");
  EXPECT_EQ(Put(std::string("\x01\x01\0\0\0\0\0\0\0d\0t", 12)), "LOG_DAMAGED");
}

}  // namespace
}  // namespace millrace::ingest

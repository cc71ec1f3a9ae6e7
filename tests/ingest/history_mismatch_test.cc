// SPDX-License-Identifier: Apache-2.0

#include "ingest/history_mismatch.h"

#include "base/error.h"
#include "gtest/gtest.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

using Server = HistoryMismatch::Server;

class HistoryMismatchTest : public log::testing::LogTest {
 protected:
  HistoryMismatchTest() { EXPECT_TRUE(Reopen().ok()); }
  HistoryMismatch Loaded() { return HistoryMismatch::Load(*log_).value(); }
  std::string Put(const std::string& value) {
    EXPECT_TRUE(log_->PutRecords({{log::RecordKind::kMeta, "source.doubt", value}}).ok());
    return ErrorReason(HistoryMismatch::Load(*log_).status());
  }
};

TEST_F(HistoryMismatchTest, SurvivesRestart) {
  EXPECT_FALSE(Loaded().AppliesTo(Server::kSame));
  ASSERT_TRUE(HistoryMismatch().Record(*log_, Server::kSame).ok());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_TRUE(Loaded().AppliesTo(Server::kSame));
  EXPECT_TRUE(Loaded().AppliesTo(Server::kOther));
}

TEST_F(HistoryMismatchTest, MismatchOfOtherServerIsNotOurs) {
  ASSERT_TRUE(HistoryMismatch().Record(*log_, Server::kOther).ok());
  EXPECT_TRUE(Loaded().AppliesTo(Server::kOther));
  EXPECT_FALSE(Loaded().AppliesTo(Server::kSame));
}

TEST_F(HistoryMismatchTest, MismatchOfOtherServerDoesNotReplaceOurs) {
  HistoryMismatch mismatch;
  ASSERT_TRUE(mismatch.Record(*log_, Server::kSame).ok());
  ASSERT_TRUE(mismatch.Record(*log_, Server::kOther).ok());
  EXPECT_TRUE(Loaded().AppliesTo(Server::kSame));
}

TEST_F(HistoryMismatchTest, ClearRemovesMismatch) {
  HistoryMismatch mismatch;
  ASSERT_TRUE(mismatch.Record(*log_, Server::kSame).ok());
  ASSERT_TRUE(mismatch.Clear(*log_).ok());
  EXPECT_FALSE(mismatch.AppliesTo(Server::kOther));
  EXPECT_FALSE(Loaded().AppliesTo(Server::kOther));
}

// Version 1 is on users' disks.
TEST_F(HistoryMismatchTest, VersionOneNeverChanges) {
  ASSERT_TRUE(HistoryMismatch().Record(*log_, Server::kSame).ok());
  EXPECT_EQ(log_->GetRecord(log::RecordKind::kMeta, "source.doubt").value(), "\x01\x02");
}

TEST_F(HistoryMismatchTest, DamagedOrNewerRecordIsAnError) {
  EXPECT_EQ(Put("\x02\x01"), "FORMAT_TOO_NEW");
  for (const std::string value : {"", "\x01", "\x01\x03", "\x01\x01\x01"}) {
    EXPECT_EQ(Put(value), "LOG_DAMAGED") << value.size();
  }
}

}  // namespace
}  // namespace millrace::ingest

// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_doubt.h"

#include "base/error.h"
#include "gtest/gtest.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

using Server = SourceDoubt::Server;

class SourceDoubtTest : public log::testing::LogTest {
 protected:
  SourceDoubtTest() { EXPECT_TRUE(Reopen().ok()); }
  SourceDoubt Loaded() { return SourceDoubt::Load(*log_).value(); }
  std::string Put(const std::string& value) {
    EXPECT_TRUE(log_->PutRecords({{log::RecordKind::kMeta, "source.doubt", value}}).ok());
    return ErrorReason(SourceDoubt::Load(*log_).status());
  }
};

TEST_F(SourceDoubtTest, OutlivesARestart) {
  EXPECT_FALSE(Loaded().Concerns(Server::kOurs));
  ASSERT_TRUE(SourceDoubt().Raise(*log_, Server::kOurs).ok());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_TRUE(Loaded().Concerns(Server::kOurs));
  EXPECT_TRUE(Loaded().Concerns(Server::kOther));
}

TEST_F(SourceDoubtTest, AboutAnotherServerDoesNotConcernOurs) {
  ASSERT_TRUE(SourceDoubt().Raise(*log_, Server::kOther).ok());
  EXPECT_TRUE(Loaded().Concerns(Server::kOther));
  EXPECT_FALSE(Loaded().Concerns(Server::kOurs));
}

TEST_F(SourceDoubtTest, AboutOursIsNotReplacedByOneAboutAnother) {
  SourceDoubt doubt;
  ASSERT_TRUE(doubt.Raise(*log_, Server::kOurs).ok());
  ASSERT_TRUE(doubt.Raise(*log_, Server::kOther).ok());
  EXPECT_TRUE(Loaded().Concerns(Server::kOurs));
}

TEST_F(SourceDoubtTest, EndsWithTheComparison) {
  SourceDoubt doubt;
  ASSERT_TRUE(doubt.Raise(*log_, Server::kOurs).ok());
  ASSERT_TRUE(doubt.Clear(*log_).ok());
  EXPECT_FALSE(doubt.Concerns(Server::kOther));
  EXPECT_FALSE(Loaded().Concerns(Server::kOther));
}

// Version 1 is on disks.
TEST_F(SourceDoubtTest, VersionOneNeverChanges) {
  ASSERT_TRUE(SourceDoubt().Raise(*log_, Server::kOurs).ok());
  EXPECT_EQ(log_->GetRecord(log::RecordKind::kMeta, "source.doubt").value(), "\x01\x02");
}

TEST_F(SourceDoubtTest, DamagedOrNewerRecordIsAnError) {
  EXPECT_EQ(Put("\x02\x01"), "FORMAT_TOO_NEW");
  for (const std::string value : {"", "\x01", "\x01\x03", "\x01\x01\x01"}) {
    EXPECT_EQ(Put(value), "LOG_DAMAGED") << value.size();
  }
}

}  // namespace
}  // namespace millrace::ingest

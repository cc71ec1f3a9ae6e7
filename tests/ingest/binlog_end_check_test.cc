// SPDX-License-Identifier: Apache-2.0

#include "ingest/binlog_end_check.h"

#include "base/error.h"
#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

class BinlogEndCheckTest : public ::testing::Test {
 protected:
  static SourcePosition At(std::string file, uint64_t offset, std::string_view gtids) {
    return {.file = std::move(file),
            .offset = offset,
            .gtids = GtidSet::Parse(Flavour::kMariadb, gtids).value()};
  }
  std::string Check(const SourcePosition& end) {
    return ErrorReason(end_check_.Check("host:1", ours_, end));
  }

  SourcePosition ours_ = At("binlog.000003", 500, "0-1-9");
  BinlogEndCheck end_check_;
};

TEST_F(BinlogEndCheckTest, SourceWithoutMoreEventsIsAccepted) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Check(ours_), "");
}

TEST_F(BinlogEndCheckTest, SourceThatEndsBeforeOurPositionWasReset) {
  EXPECT_EQ(Check(At("binlog.000003", 400, "0-1-9")), "SOURCE_CHANGED");
  EXPECT_EQ(Check(At("binlog.000001", 900, "")), "SOURCE_CHANGED");
}

TEST_F(BinlogEndCheckTest, SourceThatLacksOurGtidsIsAnError) {
  EXPECT_EQ(Check(At("binlog.000003", 500, "0-1-8")), "SOURCE_LACKS_GTIDS");
}

TEST_F(BinlogEndCheckTest, DeletedDomainIsNotMissing) {
  ours_ = At("binlog.000003", 500, "0-1-9,5-1-7");
  EXPECT_EQ(Check(At("binlog.000003", 500, "0-1-9")), "");
  EXPECT_EQ(Check(At("binlog.000003", 500, "0-1-8")), "SOURCE_LACKS_GTIDS");
  EXPECT_EQ(Check(At("binlog.000003", 500, "7-1-9")), "SOURCE_LACKS_GTIDS");
}

TEST_F(BinlogEndCheckTest, UnsentEventsEndTheStream) {
  const SourcePosition more = At("binlog.000003", 600, "0-1-10");
  EXPECT_EQ(Check(more), "");
  ours_.offset = 550;
  EXPECT_EQ(Check(more), "");
  EXPECT_EQ(Check(more), "SOURCE_UNREACHABLE");
}

TEST_F(BinlogEndCheckTest, RenamedBinlogIsNotCompared) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Check(At("renamed.000001", 4, "0-1-9")), "");
}

}  // namespace
}  // namespace millrace::ingest

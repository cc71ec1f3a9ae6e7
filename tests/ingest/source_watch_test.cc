// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_watch.h"

#include "base/error.h"
#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

class SourceWatchTest : public ::testing::Test {
 protected:
  static SourcePosition At(std::string file, uint64_t offset, std::string_view gtids) {
    return {.file = std::move(file),
            .offset = offset,
            .gtids = GtidSet::Parse(Flavour::kMariadb, gtids).value()};
  }
  std::string Check(const SourcePosition& end) {
    return ErrorReason(watch_.Check("host:1", ours_, end));
  }

  SourcePosition ours_ = At("binlog.000003", 500, "0-1-9");
  SourceWatch watch_;
};

TEST_F(SourceWatchTest, SourceThatHasNoMoreIsInOrder) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Check(ours_), "");
}

TEST_F(SourceWatchTest, SourceThatEndsBeforeUsWasReset) {
  EXPECT_EQ(Check(At("binlog.000003", 400, "0-1-9")), "SOURCE_CHANGED");
  EXPECT_EQ(Check(At("binlog.000001", 900, "")), "SOURCE_CHANGED");
}

TEST_F(SourceWatchTest, SourceThatLacksOurGtidsIsNotReadOn) {
  EXPECT_EQ(Check(At("binlog.000003", 500, "0-1-8")), "SOURCE_LACKS_GTIDS");
}

TEST_F(SourceWatchTest, DeletedDomainIsNotLacking) {
  ours_ = At("binlog.000003", 500, "0-1-9,5-1-7");
  EXPECT_EQ(Check(At("binlog.000003", 500, "0-1-9")), "");
  EXPECT_EQ(Check(At("binlog.000003", 500, "0-1-8")), "SOURCE_LACKS_GTIDS");
  EXPECT_EQ(Check(At("binlog.000003", 500, "7-1-9")), "SOURCE_LACKS_GTIDS");
}

TEST_F(SourceWatchTest, MoreThatDoesNotComeEndsTheStream) {
  const SourcePosition more = At("binlog.000003", 600, "0-1-10");
  EXPECT_EQ(Check(more), "");
  ours_.offset = 550;
  EXPECT_EQ(Check(more), "");
  EXPECT_EQ(Check(more), "SOURCE_UNREACHABLE");
}

TEST_F(SourceWatchTest, RenamedBinlogTellsNothing) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Check(At("renamed.000001", 4, "0-1-9")), "");
}

}  // namespace
}  // namespace millrace::ingest

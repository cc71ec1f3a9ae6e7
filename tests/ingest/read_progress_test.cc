// SPDX-License-Identifier: Apache-2.0

#include "ingest/read_progress.h"

#include "gtest/gtest.h"
#include "log/log_fixture.h"

namespace millrace::ingest {
namespace {

constexpr Micros kPeriod = 1'000'000;

class ReadProgressTest : public ::testing::Test {
 protected:
  void Read(Micros commit_time, bool more) {
    progress_.NoteTransactions({.count = 1, .commit_time = commit_time, .more = more});
  }
  log::testing::ManualClock clock_;
  ReadProgress progress_{clock_, kPeriod};
};

TEST_F(ReadProgressTest, SourceTimeIsUnknownAtFirst) {
  EXPECT_EQ(progress_.SourceTime(/*streaming=*/true), 0);
}

TEST_F(ReadProgressTest, SourceTimeIsNowWithoutBacklog) {
  Read(7, /*more=*/false);
  clock_.Pass(2 * kPeriod - 1);
  EXPECT_EQ(progress_.SourceTime(/*streaming=*/true), clock_.WallMicros());
}

TEST_F(ReadProgressTest, SilentSourceTimeIsLastMessage) {
  Read(7, /*more=*/false);
  const Micros heard = clock_.WallMicros();
  EXPECT_EQ(progress_.SourceTime(/*streaming=*/false), heard);
  clock_.Pass(2 * kPeriod);
  EXPECT_EQ(progress_.SourceTime(/*streaming=*/true), heard);
}

TEST_F(ReadProgressTest, BacklogTimeIsNewestCommitTime) {
  Read(7, /*more=*/false);
  Read(8, /*more=*/true);
  EXPECT_EQ(progress_.SourceTime(/*streaming=*/true), 8);
}

TEST_F(ReadProgressTest, BytesAndChangesAddUp) {
  progress_.NoteEvent(3);
  progress_.NoteEvent(4);
  progress_.NoteChanges(5);
  progress_.NoteChanges(6);
  EXPECT_EQ(progress_.bytes(), 7u);
  EXPECT_EQ(progress_.changes(), 11u);
}

}  // namespace
}  // namespace millrace::ingest

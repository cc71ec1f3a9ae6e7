// SPDX-License-Identifier: Apache-2.0

// A second snapshot of a covered table does not endanger its coverage.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/snapshot_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::SizeIs;

class SecondSnapshot : public ::testing::TestWithParam<Flavour> {
 protected:
  // `pair` is covered, and a second snapshot is reading it.
  void SetUp() override {
    shop_.Fill("pair", 2000);
    shop_.StartFeed(SlowSnapshot(1500));
    shop_.admin().WaitUntilOver();
    shop_.sql().MustExecute("UPDATE shop.pair SET n = n + 1 WHERE a = 0");
    again_ = shop_.admin().Start({"shop.pair"})->snapshot();
    shop_.admin().WaitUntilRead(400);
    ASSERT_FALSE(Over(shop_.admin().Find(again_)));
  }
  // The entries of `pair` in all snapshots so far.
  std::vector<v1::SnapshotTable> Reads() { return TablesOf(shop_.admin().List(), "pair"); }
  void Cancel() { ASSERT_TRUE(shop_.admin().Cancel(again_).ok()); }

  // Between the crash and the restart of the reading, nothing records the stream's changes.
  void CrashAndRun(const std::string& statement) {
    shop_.feed().Kill();
    shop_.sql().MustExecute(statement);
    shop_.sql().MustExecute("REPLACE INTO shop.pair (a, b, n) VALUES (-19, 'x', 1), (900, 'y', 2)");
    shop_.feed().Start();
  }

  SnapshotShop shop_{GetParam()};
  std::string again_;
};

TEST_P(SecondSnapshot, NewSubscriberDoesNotWaitForSecondSnapshot) {
  shop_.ExpectSnapshotEqualsSource({"pair"});
  EXPECT_FALSE(Over(shop_.admin().Find(again_)));
  EXPECT_THAT(Reads(), SizeIs(2));
}

TEST_P(SecondSnapshot, CancelKeepsTheTableCovered) {
  Cancel();
  shop_.ExpectSnapshotEqualsSource({"pair"});
  EXPECT_THAT(Reads(), SizeIs(2));
}

TEST_P(SecondSnapshot, CancelKeepsTheTableCoveredAfterCrash) {
  Cancel();
  shop_.feed().Kill();
  shop_.feed().Start();
  shop_.ExpectSnapshotEqualsSource({"pair"});
  EXPECT_THAT(Reads(), SizeIs(2));
}

TEST_P(SecondSnapshot, CompletionKeepsTheTableCovered) {
  shop_.admin().WaitUntilOver(again_);
  shop_.sql().MustExecute("DELETE FROM shop.pair WHERE a = 3");
  shop_.ExpectSnapshotEqualsSource({"pair"});
  EXPECT_THAT(Reads(), SizeIs(2));
}

TEST_P(SecondSnapshot, AlterRestartsTheReading) {
  shop_.sql().MustExecute("ALTER TABLE shop.pair MODIFY note VARCHAR(100)");
  const v1::Snapshot over = shop_.admin().WaitUntilOver(again_);
  EXPECT_GE(TableOf(over, "pair").restarts(), 1u);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_P(SecondSnapshot, AlterEndsTheCoverage) {
  shop_.sql().MustExecute("ALTER TABLE shop.pair MODIFY note VARCHAR(100)");
  ChangeReader(shop_.feed()).CurrentToken(shop_.sql());
  Cancel();
  shop_.ExpectSnapshotEqualsSource({"pair"});
  EXPECT_THAT(Reads(), SizeIs(3));
}

TEST_P(SecondSnapshot, TruncateKeepsTheTableCovered) {
  shop_.sql().MustExecute("TRUNCATE TABLE shop.pair");
  shop_.sql().MustExecute("INSERT INTO shop.pair (a, b, n) VALUES (1, 'x', 1), (-900, 'y', 2)");
  ChangeReader(shop_.feed()).CurrentToken(shop_.sql());
  Cancel();
  shop_.ExpectSnapshotEqualsSource({"pair"});
  EXPECT_THAT(Reads(), SizeIs(2));
}

TEST_P(SecondSnapshot, TruncateDuringCrashGivesCorrectRows) {
  CrashAndRun("TRUNCATE TABLE shop.pair");
  shop_.admin().WaitUntilOver(again_);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

TEST_P(SecondSnapshot, AlterDuringCrashRestartsTheReading) {
  CrashAndRun("ALTER TABLE shop.pair MODIFY note VARCHAR(99)");
  const v1::Snapshot over = shop_.admin().WaitUntilOver(again_);
  EXPECT_GE(TableOf(over, "pair").restarts(), 1u);
  shop_.ExpectSnapshotEqualsSource({"pair"});
}

INSTANTIATE_TEST_SUITE_P(Sources, SecondSnapshot,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing

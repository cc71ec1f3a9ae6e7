// SPDX-License-Identifier: Apache-2.0

#include "ingest/savepoints.h"

#include <string>

#include "gtest/gtest.h"

namespace millrace::ingest {
namespace {

using Outcome = Savepoints::Outcome;

class SavepointsTest : public ::testing::Test {
 protected:
  void SetUp() override { Begin(); }
  void Begin() {
    builder_.BeginTransaction({.gtid = {}, .commit_time = 1, .server_id = 1, .file = {}});
    savepoints_.Clear();
  }
  // Adds a change that starts a new run, since the tables differ.
  void Change() {
    ASSERT_TRUE(builder_
                    .AddDefinitionChange({.operation = 6,
                                          .table_id = ++table_id_,
                                          .table = {"d", "t"},
                                          .statement = {},
                                          .default_database = {},
                                          .tables = {}})
                    .ok());
  }
  void Set(const std::string& name) { savepoints_.Set(name, builder_); }
  Outcome RollBackTo(const std::string& name) { return savepoints_.RollBackTo(name, builder_); }
  uint64_t changes() const { return builder_.transaction_changes(); }

  transcode::FrameBuilder builder_{64 << 10, transcode::FrameBuilder::Start{}};
  Savepoints savepoints_;
  uint32_t table_id_ = 0;
};

TEST_F(SavepointsTest, NewestSavepointOfANameCounts) {
  Change();
  Set("a");
  Change();
  Set("A");
  Change();
  EXPECT_EQ(RollBackTo("a"), Outcome::kDone);
  EXPECT_EQ(changes(), 2u);
}

TEST_F(SavepointsTest, RollbackRemovesLaterSavepoints) {
  Change();
  Set("a");
  Change();
  Set("b");
  EXPECT_EQ(RollBackTo("a"), Outcome::kDone);
  Change();
  Change();
  EXPECT_EQ(RollBackTo("b"), Outcome::kNotSet);
  EXPECT_EQ(RollBackTo("a"), Outcome::kDone);
  EXPECT_EQ(changes(), 1u);
}

TEST_F(SavepointsTest, NameSetAgainAtStartRefersToStart) {
  Set("start");
  Change();
  Set("a");
  EXPECT_EQ(RollBackTo("start"), Outcome::kDone);
  Set("a");
  Change();
  EXPECT_EQ(RollBackTo("a"), Outcome::kDone);
  EXPECT_EQ(changes(), 0u);
}

TEST_F(SavepointsTest, UnknownNameIsNotFound) {
  Change();
  EXPECT_EQ(RollBackTo("a"), Outcome::kNotSet);
  Set("b");
  EXPECT_EQ(RollBackTo("a"), Outcome::kNotSet);
}

TEST_F(SavepointsTest, ManySavepointsAtThreePlacesAreFound) {
  for (const std::string place : {"a", "b", "c"}) {
    Change();
    for (size_t i = 0; i < 120'000; ++i) Set(place + std::to_string(i));
  }
  Change();
  EXPECT_EQ(RollBackTo("c119999"), Outcome::kDone);
  EXPECT_EQ(changes(), 3u);
  EXPECT_EQ(RollBackTo("a5"), Outcome::kDone);
  EXPECT_EQ(changes(), 1u);
}

TEST_F(SavepointsTest, ForgottenSavepointsAreFoundOrTooMany) {
  constexpr size_t kKept = 1000;
  constexpr size_t kMany = 3 * kKept;
  savepoints_ = Savepoints(kKept);
  Change();
  for (size_t i = 0; i < kMany; ++i) Set("first " + std::to_string(i));
  Change();
  Set("second");
  EXPECT_EQ(RollBackTo("second"), Outcome::kDone);
  EXPECT_EQ(changes(), 2u);
  // All forgotten names refer to one place.
  EXPECT_EQ(RollBackTo("first 0"), Outcome::kDone);
  EXPECT_EQ(changes(), 1u);
  Change();
  for (size_t i = 0; i < kMany; ++i) Set("third " + std::to_string(i));
  Change();
  EXPECT_EQ(RollBackTo("first 0"), Outcome::kTooMany);
  EXPECT_EQ(changes(), 3u);
  EXPECT_EQ(RollBackTo("third " + std::to_string(kMany - 1)), Outcome::kDone);
  EXPECT_EQ(changes(), 2u);
}

TEST_F(SavepointsTest, SavepointInClosedFrameCannotBeUsed) {
  Change();
  Set("a");
  while (!builder_.has_closed_frames()) Change();
  Set("b");
  Change();
  EXPECT_EQ(RollBackTo("a"), Outcome::kFrameClosed);
  EXPECT_EQ(RollBackTo("b"), Outcome::kDone);
}

}  // namespace
}  // namespace millrace::ingest

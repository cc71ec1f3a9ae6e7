// SPDX-License-Identifier: Apache-2.0

#include "mirror/mirror_progress.h"

#include "gtest/gtest.h"

namespace millrace::mirror {
namespace {

class MirrorProgressTest : public ::testing::Test {
 protected:
  MirrorProgress progress_{Clock::System()};
};

TEST_F(MirrorProgressTest, UnknownPositionHoldsWholeLog) {
  EXPECT_EQ(progress_.HoldFrom(), Sequence{0});
  progress_.SetError(absl::UnavailableError("no broker"));
  progress_.CountAbort();
  EXPECT_EQ(progress_.HoldFrom(), Sequence{0});
}

TEST_F(MirrorProgressTest, KnownPositionHoldsLaterChanges) {
  progress_.SetPosition(Sequence{7});
  EXPECT_EQ(progress_.HoldFrom(), Sequence{7});
  progress_.CountCommit({}, Sequence{9});
  EXPECT_EQ(progress_.HoldFrom(), Sequence{9});
}

TEST_F(MirrorProgressTest, CommitSetsPosition) {
  progress_.CountCommit({}, Sequence{9});
  EXPECT_EQ(progress_.HoldFrom(), Sequence{9});
}

TEST_F(MirrorProgressTest, PositionOutsideLogHoldsNothing) {
  progress_.SetPosition(std::nullopt);
  EXPECT_EQ(progress_.HoldFrom(), std::nullopt);
}

}  // namespace
}  // namespace millrace::mirror

// SPDX-License-Identifier: Apache-2.0

#include "log/disk_space.h"

#include <sys/stat.h>

#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

class DiskSpaceTest : public LogTest {
 protected:
  DiskSpaceTest() { std::filesystem::create_directory(options_.directory); }
  // The disk space that BALLAST uses.
  uint64_t Allocated() const {
    struct stat status {};
    if (::stat((options_.directory + "/BALLAST").c_str(), &status) != 0) return 0;
    return static_cast<uint64_t>(status.st_blocks) * 512;
  }
};

TEST_F(DiskSpaceTest, BallastUsesDiskSpace) {
  DiskSpace space(options_.directory, 1 << 20, DiskSpace::SystemSeams());
  EXPECT_EQ(ReasonOf(space.Restore(64 << 10)), "OK");
  EXPECT_GE(Allocated(), (1u << 20) + (64 << 10));
  space.MarkRecovered(0);
  EXPECT_GE(Allocated(), 1u << 20);
  EXPECT_LT(Allocated(), (1u << 20) + (64 << 10));
}

TEST_F(DiskSpaceTest, BallastIsFreedInParts) {
  DiskSpace space(options_.directory, 1 << 20, DiskSpace::SystemSeams());
  ASSERT_EQ(ReasonOf(space.Restore(0)), "OK");
  for (uint64_t left = 4; left > 0; --left) {
    EXPECT_GE(Allocated(), left * (256 << 10));
    EXPECT_FALSE(space.was_released());
    EXPECT_TRUE(space.OnNoSpace());
  }
  EXPECT_FALSE(space.OnNoSpace());
  EXPECT_EQ(Allocated(), 0u);
  EXPECT_TRUE(space.was_released());
  EXPECT_EQ(ReasonOf(space.Restore(0)), "OK");
  EXPECT_GE(Allocated(), 1u << 20);
}

TEST_F(DiskSpaceTest, FullUntilAllFailedWritesRecovered) {
  DiskSpace space(options_.directory, 0, DiskSpace::SystemSeams());
  EXPECT_FALSE(space.full());
  space.OnNoSpace();
  EXPECT_TRUE(space.full());
  const uint64_t failed_writes = space.failed_writes();
  space.OnNoSpace();
  space.MarkRecovered(failed_writes);
  EXPECT_TRUE(space.full());
  space.MarkRecovered(space.failed_writes());
  EXPECT_FALSE(space.full());
}

TEST_F(DiskSpaceTest, FailedRestoreLeavesBallastUnchanged) {
  DiskSpace space(options_.directory, 1 << 20, faults_->BallastSeams());
  ASSERT_EQ(ReasonOf(space.Restore(0)), "OK");
  faults_->FillDisk(100);
  EXPECT_EQ(ReasonOf(space.Restore(1 << 10)), "DISK_FULL");
  EXPECT_EQ(std::filesystem::file_size(options_.directory + "/BALLAST"), 1u << 20);
  EXPECT_EQ(ReasonOf(space.Restore(0)), "OK");
}

TEST_F(DiskSpaceTest, BallastThatCannotFitIsNotAllocated) {
  DiskSpace space(options_.directory, 1 << 20, DiskSpace::SystemSeams());
  EXPECT_EQ(ReasonOf(space.Restore(uint64_t{1} << 60)), "DISK_FULL");
  EXPECT_FALSE(std::filesystem::exists(options_.directory + "/BALLAST"));
}

TEST_F(DiskSpaceTest, NoFileStaysWithoutBallast) {
  DiskSpace space(options_.directory, 0, DiskSpace::SystemSeams());
  EXPECT_EQ(ReasonOf(space.Restore(64 << 10)), "OK");
  space.MarkRecovered(0);
  EXPECT_FALSE(std::filesystem::exists(options_.directory + "/BALLAST"));
}

}  // namespace
}  // namespace millrace::log::testing

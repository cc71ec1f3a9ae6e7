// SPDX-License-Identifier: Apache-2.0

#include "log/disk_space.h"

#include <sys/stat.h>

#include "log/log_fixture.h"

namespace millrace::log::testing {
namespace {

class DiskSpaceTest : public LogTest {
 protected:
  DiskSpaceTest() { std::filesystem::create_directory(options_.directory); }
  // Of BALLAST: what it takes on the disk.
  uint64_t Allocated() const {
    struct stat status {};
    if (::stat((options_.directory + "/BALLAST").c_str(), &status) != 0) return 0;
    return static_cast<uint64_t>(status.st_blocks) * 512;
  }
};

TEST_F(DiskSpaceTest, BallastTakesSpace) {
  DiskSpace space(options_.directory, 1 << 20, DiskSpace::Machine());
  EXPECT_EQ(ReasonOf(space.Restore(64 << 10)), "OK");
  EXPECT_GE(Allocated(), 1u << 20);
  EXPECT_LT(Allocated(), (1u << 20) + (64 << 10));
  space.OnNoSpace();
  EXPECT_EQ(Allocated(), 0u);
  EXPECT_EQ(ReasonOf(space.Restore(0)), "OK");
  EXPECT_GE(Allocated(), 1u << 20);
}

TEST_F(DiskSpaceTest, DiskIsFullUntilAllFailedWritesAreAnswered) {
  DiskSpace space(options_.directory, 0, DiskSpace::Machine());
  EXPECT_FALSE(space.full());
  space.OnNoSpace();
  EXPECT_TRUE(space.full());
  const uint64_t failed_writes = space.failed_writes();
  space.OnNoSpace();
  space.SetRoomAgain(failed_writes);
  EXPECT_TRUE(space.full());
  space.SetRoomAgain(space.failed_writes());
  EXPECT_FALSE(space.full());
}

TEST_F(DiskSpaceTest, RefusedBallastStaysAsItWas) {
  DiskSpace space(options_.directory, 1 << 20, faults_->Space());
  ASSERT_EQ(ReasonOf(space.Restore(0)), "OK");
  faults_->FillDisk(100);
  EXPECT_EQ(ReasonOf(space.Restore(1 << 10)), "DISK_FULL");
  EXPECT_EQ(std::filesystem::file_size(options_.directory + "/BALLAST"), 1u << 20);
  EXPECT_EQ(ReasonOf(space.Restore(0)), "OK");
}

TEST_F(DiskSpaceTest, WithoutBallastNoFileStays) {
  DiskSpace space(options_.directory, 0, DiskSpace::Machine());
  EXPECT_EQ(ReasonOf(space.Restore(64 << 10)), "OK");
  EXPECT_FALSE(std::filesystem::exists(options_.directory + "/BALLAST"));
}

}  // namespace
}  // namespace millrace::log::testing

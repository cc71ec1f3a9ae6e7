// SPDX-License-Identifier: Apache-2.0

#include "listener/descriptor_budget.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/descriptor_limit.h"

namespace millrace::listener {
namespace {

TEST(DescriptorBudget, EnoughDescriptorsKeepTheLimits) {
  const ConnectionLimits limits = FittingLimits({}, 65536, {.snapshot_connections = 2});
  EXPECT_EQ(limits.connections_max, 1000u);
  EXPECT_EQ(limits.connections_per_peer_max, 500u);
}

TEST(DescriptorBudget, ConnectionsAndReserveFitTheLimit) {
  for (const uint64_t limit : {80, 100, 256, 1024, 2000}) {
    for (const bool all : {false, true}) {
      if (all && limit < 256) continue;
      const DescriptorUses uses{.snapshot_connections = 2, .kafka = all, .metrics = all};
      const ConnectionLimits limits = FittingLimits({}, limit, uses);
      EXPECT_LE(limits.connections_max + ReservedDescriptors(limit, uses), limit) << limit;
      EXPECT_GE(limits.connections_max, 5u) << limit;
    }
  }
}

TEST(DescriptorBudget, AtLeastOneConnectionIsAllowed) {
  EXPECT_EQ(FittingLimits({}, 20, {.snapshot_connections = 2}).connections_max, 1u);
}

TEST(DescriptorBudget, LogGetsAQuarterUpTo512) {
  EXPECT_EQ(LogFilesMax(80), 20u);
  EXPECT_EQ(LogFilesMax(1024), 256u);
  EXPECT_EQ(LogFilesMax(1'000'000), 512u);
  EXPECT_EQ(LogFilesMax(0), 20u);
}

TEST(DescriptorBudget, SoftLimitIsRaisedToHardLimit) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit lowered = before;
  lowered.rlim_cur = 64;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  EXPECT_EQ(DescriptorLimit(), 64u);
  EXPECT_EQ(RaiseDescriptorLimit(), before.rlim_max);
  EXPECT_EQ(DescriptorLimit(), before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace millrace::listener

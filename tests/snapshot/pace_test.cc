// SPDX-License-Identifier: Apache-2.0

// Chunk sizes and the reading rate.

#include "snapshot/pace.h"

#include <gtest/gtest.h>

#include "log/log_fixture.h"

namespace millrace::snapshot {
namespace {

constexpr Micros kMicrosPerSecond = 1'000'000;

TEST(ChunkSize, FollowsTheTimePerRow) {
  SnapshotOptions options;
  options.chunk_time = 100'000;
  ChunkSize size(options);
  const uint64_t first = size.rows();
  size.NoteChunk(first, first * 100, 1'000);
  EXPECT_EQ(size.rows(), 2 * first) << "doubled at most";
  size.NoteChunk(2 * first, 2 * first * 100, 400'000);
  EXPECT_EQ(size.rows(), first / 2);
}

TEST(ChunkSize, KeepsToRowAndByteLimits) {
  SnapshotOptions options;
  options.chunk_rows_max = 1'500;
  options.chunk_bytes_max = 1 << 20;
  ChunkSize size(options);
  size.NoteChunk(1'000, 100'000, 1);
  EXPECT_EQ(size.rows(), 1'500u);
  size.NoteChunk(1'500, 1'500 * (uint64_t{10} << 20), 1);
  EXPECT_EQ(size.rows(), 1u);
}

TEST(ChunkSize, SlowQueriesDoNotMakeChunksTiny) {
  SnapshotOptions options;
  options.chunk_time = 100'000;
  ChunkSize size(options);
  for (int i = 0; i < 20; ++i) size.NoteChunk(size.rows(), size.rows() * 100, 10'000'000);
  EXPECT_GE(size.rows(), 100u) << "smaller chunks would not be faster";
}

TEST(ChunkSize, HalvesDownToASingleRow) {
  const SnapshotOptions options;
  ChunkSize size(options);
  while (size.Halve()) continue;
  EXPECT_EQ(size.rows(), 1u);
}

TEST(Pace, LimitsTheRateOfAllReaders) {
  log::testing::ManualClock clock;
  Pace pace(1'000, clock);
  EXPECT_EQ(pace.Spend(500), kMicrosPerSecond / 2);
  EXPECT_EQ(pace.Spend(500), kMicrosPerSecond);
  clock.Pass(3 * kMicrosPerSecond);
  EXPECT_EQ(pace.Spend(100), kMicrosPerSecond / 10) << "unused time does not accumulate";
}

TEST(Pace, NoLimitMeansNoWait) {
  log::testing::ManualClock clock;
  Pace pace(0, clock);
  EXPECT_EQ(pace.Spend(1'000'000), 0);
  EXPECT_EQ(pace.rows_max(), 0u);
}

}  // namespace
}  // namespace millrace::snapshot

// SPDX-License-Identifier: Apache-2.0

// Counts the memory allocations for serving a frame.

#include "support/allocations.h"

#include "api/response_bytes.h"
#include "feed/cursor.h"
#include "feed/filled_log.h"
#include "gtest/gtest.h"

namespace millrace::api {
namespace {

// Allocations for a frame with `rows` rows, from the log's memory to gRPC's buffers.
uint64_t AllocationsToServe(uint32_t rows) {
  feed::FilledLog log({.frame_bytes = 1 << 20});
  log.Inserts(1, rows);
  log.Commit();
  uint64_t least = UINT64_MAX;
  for (int time = 0; time < 3; ++time) {
    feed::Cursor cursor(log.feed(), {.start = {.after = {0}}});
    const uint64_t before = testing::AllocationsOfThread();
    const auto delivery = cursor.Next();
    const grpc::ByteBuffer response = ResponseBytes(delivery->selection.pieces, "tail");
    least = std::min(least, testing::AllocationsOfThread() - before);
    EXPECT_GT(response.Length(), rows * 10u);
  }
  return least;
}

TEST(ServingAllocations, AllocationsDoNotGrowWithRows) {
  EXPECT_EQ(AllocationsToServe(5000), AllocationsToServe(500));
  EXPECT_LT(AllocationsToServe(500), 20u);
}

}  // namespace
}  // namespace millrace::api

// SPDX-License-Identifier: Apache-2.0

#include "feed/read_cache.h"

#include "feed/filled_log.h"

namespace millrace::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Frames of three changes each: 1, 4, 7 …
std::vector<FramePtr> Frames(uint64_t count) {
  FilledLog log({.frame_bytes = 200});
  for (uint64_t number = 1; number <= count; ++number) {
    log.Inserts(number, 3);
    log.Commit();
  }
  return log.feed().Read({1}, size_t{1} << 30).value();
}

std::vector<uint64_t> Firsts(const std::vector<FramePtr>& frames) {
  std::vector<uint64_t> firsts;
  for (const FramePtr& frame : frames) firsts.push_back(frame->first().value);
  return firsts;
}

TEST(ReadCache, ReturnsConsecutiveFrames) {
  const auto frames = Frames(6);
  ReadCache cache(1 << 20);
  cache.Add({frames[0], frames[1], frames[3]});
  EXPECT_THAT(Firsts(cache.Read({2}, 1 << 20)), ElementsAre(1, 4));
  EXPECT_THAT(Firsts(cache.Read({10}, 1 << 20)), ElementsAre(10));
  EXPECT_THAT(Firsts(cache.Read({7}, 1 << 20)), IsEmpty());
  EXPECT_THAT(Firsts(cache.Read({13}, 1 << 20)), IsEmpty());
}

TEST(ReadCache, ReturnsRequestedBytesButOneFrameAtLeast) {
  const auto frames = Frames(6);
  ReadCache cache(1 << 20);
  cache.Add(frames);
  EXPECT_THAT(Firsts(cache.Read({1}, 1)), ElementsAre(1));
  EXPECT_THAT(Firsts(cache.Read({1}, frames[0]->bytes() + frames[1]->bytes())), ElementsAre(1, 4));
}

TEST(ReadCache, OldestEntryIsEvictedFirst) {
  const auto frames = Frames(6);
  ReadCache cache(4 * frames[5]->bytes() + frames[5]->bytes() / 2);
  cache.Add(frames);
  EXPECT_THAT(Firsts(cache.Read({1}, 1 << 20)), IsEmpty());
  EXPECT_THAT(Firsts(cache.Read({7}, 1 << 20)), ElementsAre(7, 10, 13, 16));
}

TEST(ReadCache, LargeFrameIsNotCached) {
  const auto frames = Frames(1);
  ReadCache cache(2 * frames[0]->bytes());
  cache.Add(frames);
  EXPECT_THAT(cache.Read({1}, 1 << 20), IsEmpty());
}

}  // namespace
}  // namespace millrace::feed

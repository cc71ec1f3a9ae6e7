// SPDX-License-Identifier: Apache-2.0

#include "feed/feed.h"

#include <thread>

#include "feed/filled_log.h"

namespace millrace::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CountingListener final : public PublicationListener {
 public:
  void OnPublished() override { ++count; }
  std::atomic<int> count{0};
};

std::vector<uint64_t> Firsts(const absl::StatusOr<std::vector<FramePtr>>& frames) {
  std::vector<uint64_t> firsts;
  for (const FramePtr& frame : frames.value()) firsts.push_back(frame->first().value);
  return firsts;
}

TEST(Feed, ReadsFromMemoryAndFromDiskAlike) {
  FilledLog disk({.frame_bytes = 200, .ring_bytes = 1});
  FilledLog memory({.frame_bytes = 200});
  for (FilledLog* log : {&disk, &memory}) {
    for (uint64_t number = 1; number <= 20; ++number) {
      log->Inserts(number, 3);
      log->Commit();
    }
  }
  for (uint64_t from = 1; from <= 60; ++from) {
    const FramePtr one = disk.feed().Read({from}, 500).value().front();
    const FramePtr other = memory.feed().Read({from}, 500).value().front();
    EXPECT_EQ(one->first(), other->first());
    EXPECT_TRUE(one->payload() == other->payload());
  }
}

TEST(Feed, ReturnsAtLeastOneFrame) {
  FilledLog log;
  log.Inserts(1, 1, 5000);
  log.Commit();
  EXPECT_THAT(Firsts(log.feed().Read({1}, 1)), ElementsAre(1));
}

TEST(Feed, ReadAfterNewestIsEmpty) {
  FilledLog log;
  EXPECT_THAT(Firsts(log.feed().Read({1}, 1000)), IsEmpty());
  log.Inserts(1, 3);
  log.Commit();
  EXPECT_THAT(Firsts(log.feed().Read({4}, 1000)), IsEmpty());
  EXPECT_EQ(ReasonOf(log.feed().Read({5}, 1000)), "TOKEN_AHEAD");
}

TEST(Feed, TrimmedChangeCannotBeRead) {
  FilledLog log({.frame_bytes = 200, .ring_bytes = 1});
  for (uint64_t number = 1; number <= 20; ++number) log.Inserts(number, 1);
  log.Commit();
  log.TrimBefore(10);
  EXPECT_EQ(ReasonOf(log.feed().Read({1}, 1000)), "TOKEN_TRIMMED");
}

TEST(Feed, TrimmedFrameInCacheIsNotReturned) {
  FilledLog log({.frame_bytes = 200, .ring_bytes = 6000});
  for (uint64_t number = 1; number <= 60; ++number) {
    log.Inserts(number, 1);
    log.Commit();
  }
  EXPECT_THAT(Firsts(log.feed().Read({1}, 1)), ElementsAre(1));
  log.TrimBefore(10);
  EXPECT_EQ(ReasonOf(log.feed().Read({1}, 1)), "TOKEN_TRIMMED");
}

TEST(Feed, FramesInDatabaseMemoryNeedNoDisk) {
  FilledLog in_memory({.frame_bytes = 200, .ring_bytes = 1, .seams = {}});
  FilledLog on_disk({.frame_bytes = 200, .ring_bytes = 1});
  for (FilledLog* log : {&in_memory, &on_disk}) {
    for (uint64_t number = 1; number <= 20; ++number) log->Inserts(number, 1);
    log->Commit();
  }
  EXPECT_THAT(Firsts(in_memory.feed().Read({1}, 1, ReadFrom::kMemory)), ElementsAre(1));
  EXPECT_TRUE(IsNotInMemory(on_disk.feed().Read({1}, 1, ReadFrom::kMemory).status()));
}

TEST(Feed, RingKeepsToItsByteLimit) {
  FilledLog log({.frame_bytes = 200, .ring_bytes = 5000});
  for (uint64_t number = 1; number <= 50; ++number) {
    log.Inserts(number, 1);
    log.Commit();
    EXPECT_LE(log.feed().ring_bytes(), 5000u);
  }
  EXPECT_GT(log.feed().ring_bytes(), 2000u);
}

TEST(Feed, LargeTransactionIsReadAcrossRingGap) {
  FilledLog log({.frame_bytes = 300});
  log.Inserts(1, 1);
  log.Commit();
  log.Begin(2);
  for (uint32_t i = 0; i < 40; ++i) {
    log.Add({.id = i, .note_bytes = 50});
    if (i % 10 == 9) log.Commit();  // stages the open transaction
  }
  log.End();
  log.Commit();
  for (Sequence next{1}; next.value <= log.newest();) {
    const auto frames = log.feed().Read(next, 500).value();
    ASSERT_THAT(frames, ::testing::Not(IsEmpty()));
    for (const auto& frame : frames) {
      EXPECT_EQ(frame->first(), next);
      next = frame->last().next();
    }
  }
  EXPECT_EQ(log.feed().range().newest.value, 41u);
}

TEST(Feed, UnfinishedTransactionIsInvisible) {
  FilledLog log({.frame_bytes = 300});
  log.Begin(1);
  for (uint32_t i = 0; i < 40; ++i) log.Add({.id = i, .note_bytes = 50});
  log.Commit();
  EXPECT_EQ(log.feed().range().newest.value, 0u);
  EXPECT_THAT(Firsts(log.feed().Read({1}, 1000)), IsEmpty());
}

// Readers must not see rows of a table before the registry knows it.
TEST(Feed, CommitIsVisibleOncePublished) {
  FilledLog log;
  log.Inserts(1, 2);
  log.CommitWithoutPublishing();
  EXPECT_EQ(log.feed().range().newest.value, 0u);
  EXPECT_THAT(Firsts(log.feed().Read({1}, 1000)), IsEmpty());
  log.Publish();
  EXPECT_EQ(log.feed().range().newest.value, 2u);
  EXPECT_THAT(Firsts(log.feed().Read({1}, 1000)), ElementsAre(1));
  log.Inserts(2, 1);
  log.CommitWithoutPublishing();
  EXPECT_THAT(Firsts(log.feed().Read({2}, 1000)), ElementsAre(1));
  EXPECT_THAT(Firsts(log.feed().Read({3}, 1000)), IsEmpty());
}

TEST(Feed, RangeAndSourcePositionAreConsistent) {
  FilledLog log;
  log.Inserts(1, 2);
  log.Commit();
  const std::string position = log.log().source_position();
  log.Inserts(2, 2);
  log.CommitWithoutPublishing();
  EXPECT_EQ(log.feed().edge().range.newest.value, 2u);
  EXPECT_EQ(log.feed().edge().source_position, position);
  log.Publish();
  EXPECT_EQ(log.feed().edge().range.newest.value, 4u);
  EXPECT_EQ(log.feed().edge().source_position, log.log().source_position());
}

TEST(Feed, NewFeedPublishesTheWholeLog) {
  FilledLog log;
  log.Inserts(1, 2);
  log.CommitWithoutPublishing();
  Feed late(log.log(), 1 << 20);
  EXPECT_EQ(late.range().newest.value, 2u);
  EXPECT_THAT(Firsts(late.Read({2}, 1000)), ElementsAre(1));
}

TEST(Feed, ListenersAreCalledOncePerPublication) {
  FilledLog log;
  CountingListener listener;
  log.feed().AddListener(&listener);
  log.Inserts(1, 50, 100);
  log.Commit();
  EXPECT_EQ(listener.count, 1);
  log.Commit();
  EXPECT_EQ(listener.count, 2);
  log.feed().RemoveListener(&listener);
  log.Inserts(2, 1);
  log.Commit();
  EXPECT_EQ(listener.count, 2);
}

// One thread writes; the readers follow it at full speed and see every change once.
TEST(FeedThreads, ReadersFollowTheWriterWithoutGap) {
  FilledLog log({.frame_bytes = 300, .ring_bytes = 4000});
  constexpr uint64_t kTransactions = 300;
  std::atomic<int> failures{0};
  const auto follow = [&] {
    Sequence at{1};
    while (at.value <= kTransactions * 2) {
      const auto frames = log.feed().Read(at, 2000);
      if (!frames.ok() || (!frames->empty() && frames->front()->first() > at)) {
        ++failures;
        return;
      }
      if (frames->empty()) std::this_thread::yield();
      if (!frames->empty()) at = frames->back()->last().next();
    }
  };
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int i = 0; i < 3; ++i) readers.emplace_back(follow);
  for (uint64_t number = 1; number <= kTransactions; ++number) {
    log.Inserts(number, 2);
    log.Commit();
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace millrace::feed

// SPDX-License-Identifier: Apache-2.0

#include "api/serving_threads.h"

#include <set>
#include <thread>

#include "absl/synchronization/notification.h"
#include "feed/filled_log.h"

namespace millrace::api {
namespace {

using feed::FilledLog;
using Next = ServedStream::Next;
constexpr Micros kNever = INT64_MAX;
constexpr Micros kMinute = 60'000'000;

// Answers what it is told to, and counts.
class FakeStream final : public ServedStream {
 public:
  Next Move(bool stopping) override {
    if (moving_.exchange(true)) ++overlaps;
    const Next next = stopping && !stuck ? Next::kGone : answer.load();
    if (stopping) ++told_to_stop;
    moving_ = false;
    ++moves;
    return next;
  }
  Micros TimeOfProgress() const override { return progress_at; }

  void AwaitMoves(int count) const {
    while (moves < count) std::this_thread::yield();
  }

  std::atomic<Next> answer{Next::kWait};
  std::atomic<Micros> progress_at{kNever};
  std::atomic<bool> stuck{false};
  std::atomic<int> moves{0};
  std::atomic<int> told_to_stop{0};
  std::atomic<int> overlaps{0};

 private:
  std::atomic<bool> moving_{false};
};

class ServingThreadsTest : public ::testing::Test {
 protected:
  std::shared_ptr<FakeStream> Add(Next answer) {
    auto stream = std::make_shared<FakeStream>();
    stream->answer = answer;
    threads_.Add(stream);
    return stream;
  }
  // Everything that is due by now has happened: a stream added later on the same thread has moved.
  void Settle() {
    for (int i = 0; i < 4; ++i) Add(Next::kGone)->AwaitMoves(1);
  }

  FilledLog log_;
  ServingThreads threads_{log_.feed(), log_.clock(), 2};
};

TEST_F(ServingThreadsTest, NewStreamIsMovedAtOnce) { Add(Next::kWait)->AwaitMoves(1); }

TEST_F(ServingThreadsTest, StreamWithMoreToDoIsMovedAgain) {
  const auto stream = Add(Next::kAgain);
  stream->AwaitMoves(100);
  stream->answer = Next::kGone;
}

TEST_F(ServingThreadsTest, PublicationWakesWhoWaits) {
  const auto waiting = Add(Next::kWait);
  waiting->AwaitMoves(1);
  Settle();
  const int moves = waiting->moves;
  log_.Commit();
  waiting->AwaitMoves(moves + 1);
}

TEST_F(ServingThreadsTest, PublicationLeavesTheBusyAlone) {
  const auto busy = Add(Next::kBusy);
  busy->AwaitMoves(1);
  const auto waiting = Add(Next::kWait);
  waiting->AwaitMoves(1);
  log_.Commit();
  waiting->AwaitMoves(2);
  Settle();
  EXPECT_EQ(busy->moves, 1);
}

TEST_F(ServingThreadsTest, ScheduledStreamIsMoved) {
  const auto busy = Add(Next::kBusy);
  busy->AwaitMoves(1);
  threads_.Schedule(busy.get());
  busy->AwaitMoves(2);
}

TEST_F(ServingThreadsTest, StreamIsMovedWhenItsTimeHasCome) {
  const auto stream = Add(Next::kWait);
  stream->AwaitMoves(1);
  stream->progress_at = log_.clock().SteadyMicros() + 1'000'000;
  Settle();
  const int moves = stream->moves;
  log_.clock().Pass(1'000'000);
  stream->AwaitMoves(moves + 1);
}

TEST_F(ServingThreadsTest, StreamThatIsGoneIsForgotten) {
  std::weak_ptr<FakeStream> stream = Add(Next::kGone);
  while (!stream.expired()) std::this_thread::yield();
}

TEST_F(ServingThreadsTest, StreamThatIsGoneMayStillBeScheduled) {
  const auto stream = Add(Next::kGone);
  stream->AwaitMoves(1);
  threads_.Schedule(stream.get());
  Settle();
  EXPECT_EQ(stream->moves, 1);
}

TEST_F(ServingThreadsTest, EndingTellsEveryStream) {
  std::vector<std::shared_ptr<FakeStream>> streams;
  for (const Next answer : {Next::kWait, Next::kAgain, Next::kWait}) streams.push_back(Add(answer));
  threads_.EndStreams(kMinute);
  for (const auto& stream : streams) EXPECT_EQ(stream->told_to_stop, 1);
}

TEST_F(ServingThreadsTest, StreamThatComesWhileEndingIsEndedToo) {
  threads_.EndStreams(0);
  const auto late = Add(Next::kWait);
  late->AwaitMoves(1);
  EXPECT_EQ(late->told_to_stop, 1);
}

TEST_F(ServingThreadsTest, EndingWaitsForABusyStream) {
  const auto busy = Add(Next::kBusy);
  busy->AwaitMoves(1);
  std::thread ending([this] { threads_.EndStreams(kMinute); });
  while (busy.use_count() > 1) threads_.Schedule(busy.get());
  ending.join();
  EXPECT_EQ(busy->told_to_stop, 1);
}

TEST_F(ServingThreadsTest, EndingGivesUpAfterItsGraceAndTheStreamMayEndLater) {
  const auto stuck = Add(Next::kBusy);
  stuck->stuck = true;
  stuck->AwaitMoves(1);
  threads_.EndStreams(1000);
  stuck->stuck = false;
  threads_.Schedule(stuck.get());
  while (stuck.use_count() > 1) std::this_thread::yield();
}

TEST_F(ServingThreadsTest, StoppedThreadsTakeCallsWithoutEffect) {
  const auto stream = Add(Next::kWait);
  stream->AwaitMoves(1);
  threads_.Stop();
  const int moves = stream->moves;
  threads_.Schedule(stream.get());
  log_.Commit();
  threads_.Stop();
  EXPECT_EQ(stream->moves, moves);
}

// Reads as a real stream does: it waits only if there is nothing behind what it has seen.
class CountingStream final : public ServedStream {
 public:
  CountingStream(FilledLog& log, uint64_t until) : log_(log), until_(until) {}
  Next Move(bool stopping) override {
    const uint64_t newest = log_.feed().range().newest.value;
    if (stopping || newest >= until_) {
      done.Notify();
      return Next::kGone;
    }
    return std::exchange(seen_, newest) == newest ? Next::kWait : Next::kAgain;
  }
  Micros TimeOfProgress() const override { return kNever; }
  absl::Notification done;

 private:
  FilledLog& log_;
  const uint64_t until_;
  uint64_t seen_ = 0;
};

TEST_F(ServingThreadsTest, NoPublicationIsMissed) {
  constexpr uint64_t kTransactions = 200;
  std::vector<std::shared_ptr<CountingStream>> streams;
  for (uint64_t number = 1; number <= kTransactions; ++number) {
    streams.push_back(std::make_shared<CountingStream>(log_, number));
    threads_.Add(streams.back());
    log_.Inserts(number, 1);
    log_.Commit();
  }
  for (const auto& stream : streams) stream->done.WaitForNotification();
}

// Each write is answered from another thread, often before Move has returned.
class WritingStream final : public ServedStream {
 public:
  WritingStream(ServingThreads& threads, int writes) : threads_(threads), left_(writes) {}
  ~WritingStream() override {
    if (answering_.joinable()) answering_.join();
  }
  Next Move(bool) override {
    if (answering_.joinable()) answering_.join();
    if (left_-- == 0) {
      done.Notify();
      return Next::kGone;
    }
    answering_ = std::thread([this] { threads_.Schedule(this); });
    return Next::kBusy;
  }
  Micros TimeOfProgress() const override { return kNever; }
  absl::Notification done;

 private:
  ServingThreads& threads_;
  int left_;
  std::thread answering_;
};

TEST_F(ServingThreadsTest, NoEndOfAWriteIsMissed) {
  std::vector<std::shared_ptr<WritingStream>> streams;
  for (int i = 0; i < 4; ++i) {
    streams.push_back(std::make_shared<WritingStream>(threads_, 100));
    threads_.Add(streams.back());
  }
  for (const auto& stream : streams) stream->done.WaitForNotification();
}

}  // namespace
}  // namespace millrace::api

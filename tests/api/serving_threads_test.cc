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

// Returns the result that the test sets, and counts steps.
class FakeStream final : public ServedStream {
 public:
  Next Advance(bool stopping) override {
    if (advancing_.exchange(true)) ++overlaps;
    const Next next = stopping && !stuck ? Next::kGone : result.load();
    if (stopping) ++stop_requests;
    advancing_ = false;
    ++steps;
    return next;
  }
  Micros ProgressTime() const override { return progress_at; }

  void AwaitSteps(int count) const {
    while (steps < count) std::this_thread::yield();
  }

  std::atomic<Next> result{Next::kWait};
  std::atomic<Micros> progress_at{kNever};
  std::atomic<bool> stuck{false};
  std::atomic<int> steps{0};
  std::atomic<int> stop_requests{0};
  std::atomic<int> overlaps{0};

 private:
  std::atomic<bool> advancing_{false};
};

class ServingThreadsTest : public ::testing::Test {
 protected:
  std::shared_ptr<FakeStream> Add(Next result) {
    auto stream = std::make_shared<FakeStream>();
    stream->result = result;
    threads_.Add(stream);
    return stream;
  }
  // Waits until all due steps are done, because later streams on both threads have been advanced.
  void Settle() {
    for (int i = 0; i < 4; ++i) Add(Next::kGone)->AwaitSteps(1);
  }

  FilledLog log_;
  ServingThreads threads_{log_.feed(), log_.clock(), 2};
};

TEST_F(ServingThreadsTest, NewStreamIsAdvancedImmediately) { Add(Next::kWait)->AwaitSteps(1); }

TEST_F(ServingThreadsTest, StreamWithMoreWorkIsAdvancedAgain) {
  const auto stream = Add(Next::kAgain);
  stream->AwaitSteps(100);
  stream->result = Next::kGone;
}

TEST_F(ServingThreadsTest, PublicationWakesWaitingStreams) {
  const auto waiting = Add(Next::kWait);
  waiting->AwaitSteps(1);
  Settle();
  const int steps = waiting->steps;
  log_.Commit();
  waiting->AwaitSteps(steps + 1);
}

TEST_F(ServingThreadsTest, PublicationDoesNotAdvanceBusyStreams) {
  const auto busy = Add(Next::kBusy);
  busy->AwaitSteps(1);
  const auto waiting = Add(Next::kWait);
  waiting->AwaitSteps(1);
  log_.Commit();
  waiting->AwaitSteps(2);
  Settle();
  EXPECT_EQ(busy->steps, 1);
}

TEST_F(ServingThreadsTest, ScheduledStreamIsAdvanced) {
  const auto busy = Add(Next::kBusy);
  busy->AwaitSteps(1);
  threads_.Schedule(busy.get());
  busy->AwaitSteps(2);
}

TEST_F(ServingThreadsTest, StreamIsAdvancedAtProgressTime) {
  const auto stream = Add(Next::kWait);
  stream->AwaitSteps(1);
  stream->progress_at = log_.clock().SteadyMicros() + 1'000'000;
  Settle();
  const int steps = stream->steps;
  log_.clock().Pass(1'000'000);
  stream->AwaitSteps(steps + 1);
}

TEST_F(ServingThreadsTest, FinishedStreamIsReleased) {
  std::weak_ptr<FakeStream> stream = Add(Next::kGone);
  while (!stream.expired()) std::this_thread::yield();
}

TEST_F(ServingThreadsTest, FinishedStreamMayBeScheduled) {
  const auto stream = Add(Next::kGone);
  stream->AwaitSteps(1);
  threads_.Schedule(stream.get());
  Settle();
  EXPECT_EQ(stream->steps, 1);
}

TEST_F(ServingThreadsTest, EndStreamsStopsEveryStream) {
  std::vector<std::shared_ptr<FakeStream>> streams;
  for (const Next result : {Next::kWait, Next::kAgain, Next::kWait}) streams.push_back(Add(result));
  threads_.EndStreams(kMinute);
  for (const auto& stream : streams) EXPECT_EQ(stream->stop_requests, 1);
}

TEST_F(ServingThreadsTest, StreamAddedAfterEndStreamsIsStopped) {
  threads_.EndStreams(0);
  const auto late = Add(Next::kWait);
  late->AwaitSteps(1);
  EXPECT_EQ(late->stop_requests, 1);
}

TEST_F(ServingThreadsTest, EndStreamsWaitsForBusyStream) {
  const auto busy = Add(Next::kBusy);
  busy->AwaitSteps(1);
  std::thread ending([this] { threads_.EndStreams(kMinute); });
  while (busy.use_count() > 1) threads_.Schedule(busy.get());
  ending.join();
  EXPECT_EQ(busy->stop_requests, 1);
}

TEST_F(ServingThreadsTest, EndStreamsWaitsOnlyForTheGracePeriod) {
  const auto stuck = Add(Next::kBusy);
  stuck->stuck = true;
  stuck->AwaitSteps(1);
  threads_.EndStreams(1000);
  stuck->stuck = false;
  threads_.Schedule(stuck.get());
  while (stuck.use_count() > 1) std::this_thread::yield();
}

TEST_F(ServingThreadsTest, CallsAfterStopHaveNoEffect) {
  const auto stream = Add(Next::kWait);
  stream->AwaitSteps(1);
  threads_.Stop();
  const int steps = stream->steps;
  threads_.Schedule(stream.get());
  log_.Commit();
  threads_.Stop();
  EXPECT_EQ(stream->steps, steps);
}

// Reads like a real stream: it waits only if nothing follows what it has seen.
class CountingStream final : public ServedStream {
 public:
  CountingStream(FilledLog& log, uint64_t until) : log_(log), until_(until) {}
  Next Advance(bool stopping) override {
    const uint64_t newest = log_.feed().range().newest.value;
    if (stopping || newest >= until_) {
      done.Notify();
      return Next::kGone;
    }
    return std::exchange(seen_, newest) == newest ? Next::kWait : Next::kAgain;
  }
  Micros ProgressTime() const override { return kNever; }
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

// Another thread finishes each write, often before Advance returns.
class WritingStream final : public ServedStream {
 public:
  WritingStream(ServingThreads& threads, int writes) : threads_(threads), left_(writes) {}
  ~WritingStream() override {
    if (scheduling_.joinable()) scheduling_.join();
  }
  Next Advance(bool) override {
    if (scheduling_.joinable()) scheduling_.join();
    if (left_-- == 0) {
      done.Notify();
      return Next::kGone;
    }
    scheduling_ = std::thread([this] { threads_.Schedule(this); });
    return Next::kBusy;
  }
  Micros ProgressTime() const override { return kNever; }
  absl::Notification done;

 private:
  ServingThreads& threads_;
  int left_;
  std::thread scheduling_;
};

TEST_F(ServingThreadsTest, NoFinishedWriteIsMissed) {
  std::vector<std::shared_ptr<WritingStream>> streams;
  for (int i = 0; i < 4; ++i) {
    streams.push_back(std::make_shared<WritingStream>(threads_, 100));
    threads_.Add(streams.back());
  }
  for (const auto& stream : streams) stream->done.WaitForNotification();
}

}  // namespace
}  // namespace millrace::api

// SPDX-License-Identifier: Apache-2.0

#include "snapshot/stream_tasks.h"

#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::snapshot {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// A stream at a place that the test sets.
class FakeAccess final : public StreamAccess {
 public:
  FakeAccess() : builder_(1 << 16, {}) {}
  BinlogPlace place() const override { return place_; }
  uint64_t epoch() const override { return epoch_; }
  const GtidSet& gtids() const override { return builder_.gtids(); }
  Micros commit_time() const override { return 0; }
  bool IsServer(const ServerInfo& /*reached*/) override { return true; }
  uint32_t server_id() const override { return 1; }
  transcode::FrameBuilder& builder() override { return builder_; }
  schema::Registry& registry() override { return *registry_; }
  coverage::Coverage& coverage() override { return *coverage_; }
  LiveChanges& live_changes() override { return live_changes_; }
  void AddRecord(log::Record /*record*/) override {}
  absl::Status HandOver() override { return absl::OkStatus(); }
  absl::Status EndTask(absl::Status result) override {
    ++ended_;
    return end_.ok() ? result : end_;
  }

  BinlogPlace place_{.file = "binlog.000001", .offset = 100};
  uint64_t epoch_ = 1;
  int ended_ = 0;
  absl::Status end_;

 private:
  transcode::FrameBuilder builder_;
  std::unique_ptr<schema::Registry> registry_;
  std::unique_ptr<coverage::Coverage> coverage_;
  LiveChanges live_changes_;
};

class StreamTasksTest : public ::testing::Test {
 protected:
  StreamTasksTest() {
    tasks_.SetWake([this] { wakes_.fetch_add(1); });
  }
  ~StreamTasksTest() override {
    tasks_.Close();
    for (std::thread& thread : threads_) thread.join();
  }

  // Posts a task that notes `name` on a new thread. Returns once the task waits.
  void Post(const std::string& name, StreamTasks::Due due = {},
            absl::Status task_result = absl::OkStatus()) {
    const int before = wakes_.load();
    threads_.emplace_back([this, name, due, task_result] {
      const absl::Status result = tasks_.Run(due, [this, name, task_result](StreamAccess&) {
        ran_.push_back(name);
        return task_result;
      });
      absl::MutexLock lock(&mutex_);
      results_.push_back(name + " " + (result.ok() ? "ok" : Text(result)));
    });
    while (wakes_.load() == before) std::this_thread::yield();
  }
  static std::string Text(const absl::Status& status) {
    const std::string reason = ErrorReason(status);
    return reason.empty() ? absl::StatusCodeToString(status.code()) : reason;
  }
  // Results of the tasks. Waits for all threads.
  std::vector<std::string> Results() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    absl::MutexLock lock(&mutex_);
    return results_;
  }
  static StreamTasks::Due At(uint64_t offset, uint64_t epoch = 1) {
    return {.epoch = epoch, .place = BinlogPlace{.file = "binlog.000001", .offset = offset}};
  }

  StreamTasks tasks_;
  FakeAccess access_;
  std::atomic<int> wakes_{0};
  std::vector<std::string> ran_;
  std::vector<std::thread> threads_;
  absl::Mutex mutex_;
  std::vector<std::string> results_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(StreamTasksTest, NothingIsPendingBeforeATaskIsPosted) {
  EXPECT_FALSE(tasks_.pending());
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_EQ(access_.ended_, 0);
}

TEST_F(StreamTasksTest, UnreachedTaskEndsAtDeadline) {
  StreamTasks::Due due = At(900);
  due.deadline = absl::Now() + absl::Milliseconds(1);
  Post("late", due);
  EXPECT_THAT(Results(), ElementsAre("late NOT_READY"));
  EXPECT_FALSE(tasks_.pending());
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_EQ(access_.ended_, 0);
}

TEST_F(StreamTasksTest, TaskRunsOnceAndReturnsItsResult) {
  Post("a");
  EXPECT_TRUE(tasks_.pending());
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_FALSE(tasks_.pending());
  EXPECT_THAT(ran_, ElementsAre("a"));
  EXPECT_THAT(Results(), ElementsAre("a ok"));
}

TEST_F(StreamTasksTest, TasksRunInPostingOrder) {
  Post("a");
  Post("b");
  Post("c");
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, ElementsAre("a", "b", "c"));
  EXPECT_EQ(access_.ended_, 3);
}

TEST_F(StreamTasksTest, TaskIsDueWhenGtidsMatch) {
  const auto gtids = [](const char* text) {
    return GtidSet::Parse(Flavour::kMariadb, text).value();
  };
  StreamTasks::Due due = At(200);
  due.gtids = gtids("0-1-7,1-1-3");
  Post("later", due);
  access_.builder().gtids() = gtids("0-1-7,1-1-2");
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, SizeIs(0));
  access_.builder().gtids() = gtids("0-1-7,1-1-3");
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, ElementsAre("later"));
}

TEST_F(StreamTasksTest, WaitingTaskDoesNotBlockOthers) {
  Post("later", At(200));
  Post("now", At(100));
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, ElementsAre("now"));
  EXPECT_TRUE(tasks_.pending());
  access_.place_.offset = 199;
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, SizeIs(1));
  access_.place_ = {.file = "binlog.000002", .offset = 4};
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, ElementsAre("now", "later"));
}

TEST_F(StreamTasksTest, TaskOfEarlierEpochEnds) {
  Post("old", At(50));
  access_.epoch_ = 2;
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(Results(), ElementsAre("old STREAM_BROKE"));
  EXPECT_THAT(ran_, SizeIs(0));
  EXPECT_FALSE(tasks_.pending());
}

TEST_F(StreamTasksTest, TaskOfLaterEpochWaits) {
  Post("new", {.epoch = 2, .place = std::nullopt});
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, SizeIs(0));
  access_.epoch_ = 2;
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, ElementsAre("new"));
}

TEST_F(StreamTasksTest, EndEpochEndsOnlyItsTasks) {
  Post("placed", At(500));
  Post("any");
  tasks_.EndEpoch(1);
  EXPECT_TRUE(tasks_.pending());
  access_.epoch_ = 2;
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, ElementsAre("any"));
  EXPECT_THAT(Results(), ::testing::UnorderedElementsAre("placed STREAM_BROKE", "any ok"));
  const auto never = [](StreamAccess&) { return absl::InternalError("ran"); };
  EXPECT_EQ(Text(tasks_.Run(At(1), never)), "STREAM_BROKE");
}

TEST_F(StreamTasksTest, ErrorStopsRunDueAndKeepsLaterTasks) {
  Post("a", {}, absl::InternalError("x"));
  Post("b");
  EXPECT_EQ(tasks_.RunDue(access_).code(), absl::StatusCode::kInternal);
  EXPECT_THAT(ran_, ElementsAre("a"));
  EXPECT_TRUE(tasks_.pending());
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(Results(), ::testing::UnorderedElementsAre("a INTERNAL", "b ok"));
}

TEST_F(StreamTasksTest, PosterGetsTheErrorOfEndTask) {
  access_.end_ = absl::DataLossError("disk");
  Post("a");
  EXPECT_EQ(tasks_.RunDue(access_).code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Results(), ElementsAre("a DATA_LOSS"));
}

TEST_F(StreamTasksTest, CloseEndsWaitingAndRefusesLaterTasks) {
  Post("a", At(500));
  tasks_.Close();
  EXPECT_THAT(Results(), ElementsAre("a CANCELLED"));
  const auto never = [](StreamAccess&) { return absl::InternalError("ran"); };
  EXPECT_EQ(tasks_.Run({}, never).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(wakes_.load(), 1);
  EXPECT_FALSE(tasks_.pending());
}

TEST_F(StreamTasksTest, TaskPostedByTaskRunsInNextCall) {
  std::thread poster([this] {
    (void)tasks_.Run({}, [this](StreamAccess&) {
      Post("inner");
      return absl::OkStatus();
    });
  });
  while (!tasks_.pending()) std::this_thread::yield();
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, SizeIs(0));
  poster.join();
  EXPECT_TRUE(tasks_.RunDue(access_).ok());
  EXPECT_THAT(ran_, ElementsAre("inner"));
}

TEST_F(StreamTasksTest, ManyThreadsPostWhileOneRuns) {
  constexpr int kThreads = 4;
  constexpr int kEach = 200;
  std::atomic<int> done{0};
  int ran = 0;
  for (int i = 0; i < kThreads; ++i) {
    threads_.emplace_back([&] {
      for (int j = 0; j < kEach; ++j) {
        EXPECT_TRUE(tasks_
                        .Run({},
                             [&ran](StreamAccess&) {
                               ++ran;
                               return absl::OkStatus();
                             })
                        .ok());
      }
      ++done;
    });
  }
  while (done.load() < kThreads) {
    EXPECT_TRUE(tasks_.RunDue(access_).ok());
  }
  EXPECT_EQ(ran, kThreads * kEach);
}

TEST_F(StreamTasksTest, CloseDuringPostsEndsEveryPost) {
  for (int i = 0; i < 4; ++i) {
    threads_.emplace_back([this] {
      const auto nothing = [](StreamAccess&) { return absl::OkStatus(); };
      while (tasks_.Run({}, nothing).ok()) {
      }
    });
  }
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(tasks_.RunDue(access_).ok());
  tasks_.Close();
  Results();
  EXPECT_FALSE(tasks_.pending());
}

}  // namespace
}  // namespace millrace::snapshot

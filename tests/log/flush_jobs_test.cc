// SPDX-License-Identifier: Apache-2.0

// Tests when scheduled flushes start.

#include "log/flush_jobs.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::log {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A thread pool whose jobs run on the test's thread.
class Pool final : public rocksdb::EnvWrapper {
 public:
  Pool() : EnvWrapper(rocksdb::Env::Default()) {}
  static const char* kClassName() { return "Pool"; }
  const char* Name() const override { return kClassName(); }
  void Schedule(void (*run)(void*), void* argument, Priority, void* tag,
                void (*cancel)(void*)) override {
    queue_.push_back({run, argument, tag, cancel});
  }
  int UnSchedule(void* tag, Priority) override {
    std::deque<Queued> queue;
    queue.swap(queue_);
    int count = 0;
    for (const Queued& job : queue) {
      if (job.tag == tag) {
        job.cancel(job.argument);
        ++count;
      } else {
        queue_.push_back(job);
      }
    }
    return count;
  }
  // Requires: a job is queued.
  std::function<void()> Take() {
    const Queued job = queue_.front();
    queue_.pop_front();
    return [job] { job.run(job.argument); };
  }
  void RunAll() {
    while (!queue_.empty()) Take()();
  }

 private:
  struct Queued {
    void (*run)(void*);
    void* argument;
    void* tag;
    void (*cancel)(void*);
  };
  std::deque<Queued> queue_;
};

class FlushJobsTest : public ::testing::Test {
 protected:
  FlushJobsTest() {
    auto pool = std::make_unique<Pool>();
    pool_ = pool.get();
    jobs_.emplace(std::move(pool));
  }

  struct Flush {
    FlushJobsTest* test;
    std::string name;
    std::function<void()> then;
  };
  void Schedule(const std::string& name, void* tag, std::function<void()> then = nullptr,
                rocksdb::Env::Priority priority = rocksdb::Env::HIGH) {
    flushes_.push_back({this, name, std::move(then)});
    const auto run = [](void* argument) {
      const auto* flush = static_cast<Flush*>(argument);
      flush->test->run_.push_back(flush->name);
      if (flush->then) flush->then();
    };
    const auto cancel = [](void* argument) {
      const auto* flush = static_cast<Flush*>(argument);
      flush->test->canceled_.push_back(flush->name);
    };
    jobs_->Schedule(run, &flushes_.back(), priority, tag, cancel);
  }
  std::vector<std::string> Run() {
    pool_->RunAll();
    return std::exchange(run_, {});
  }

  int database_ = 0;
  int other_ = 0;
  Pool* pool_ = nullptr;
  std::optional<FlushJobs> jobs_;
  std::deque<Flush> flushes_;
  std::vector<std::string> run_;
  std::vector<std::string> canceled_;
};

TEST_F(FlushJobsTest, FlushRunsAtOnce) {
  Schedule("a", &database_);
  EXPECT_THAT(Run(), ElementsAre("a"));
  EXPECT_FALSE(jobs_->AwaitUnheldJobs());
}

TEST_F(FlushJobsTest, HeldFlushesRunAfterRelease) {
  Schedule("a", &database_);
  jobs_->Hold();
  Schedule("b", &database_);
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_TRUE(jobs_->AwaitUnheldJobs());
  EXPECT_EQ(jobs_->running(), 0);
  jobs_->Release();
  EXPECT_THAT(Run(), ElementsAre("a", "b"));
  EXPECT_FALSE(jobs_->AwaitUnheldJobs());
}

TEST_F(FlushJobsTest, DeletingFilesIsNeverHeld) {
  jobs_->Hold();
  Schedule("purge", nullptr);
  EXPECT_THAT(Run(), ElementsAre("purge"));
}

TEST_F(FlushJobsTest, CompactionsAreAwaitedNotHeld) {
  jobs_->Hold();
  Schedule("compaction", &database_, nullptr, rocksdb::Env::LOW);
  std::thread waiting([this] { EXPECT_FALSE(jobs_->AwaitUnheldJobs()); });
  EXPECT_THAT(Run(), ElementsAre("compaction"));
  waiting.join();
}

// RocksDB waits for these jobs before it recovers from the error: holding one would deadlock.
TEST_F(FlushJobsTest, ReleasedJobsAndTheirFlushesAreNeverHeld) {
  jobs_->Hold();
  Schedule("a", &database_, [this] {
    jobs_->Hold();
    Schedule("after a", &database_);
  });
  Schedule("b", &database_);
  EXPECT_THAT(Run(), IsEmpty());
  jobs_->Release();
  EXPECT_THAT(Run(), ElementsAre("a", "b", "after a"));
  Schedule("c", &database_);
  EXPECT_THAT(Run(), IsEmpty());
}

TEST_F(FlushJobsTest, ClosingDatabaseCancelsOnlyItsHeldFlushes) {
  jobs_->Hold();
  Schedule("a", &database_);
  Schedule("b", &other_);
  EXPECT_THAT(Run(), IsEmpty());
  Schedule("c", &database_);
  EXPECT_EQ(jobs_->UnSchedule(&database_, rocksdb::Env::HIGH), 2);
  EXPECT_THAT(canceled_, ElementsAre("c", "a"));
  EXPECT_TRUE(jobs_->AwaitUnheldJobs());
  jobs_->Release();
  EXPECT_THAT(Run(), ElementsAre("b"));
}

// A closing database waits for flushes that have started.
TEST_F(FlushJobsTest, StartedFlushOfClosingDatabaseIsNotHeld) {
  Schedule("a", &database_);
  const std::function<void()> taken = pool_->Take();
  EXPECT_EQ(jobs_->UnSchedule(&database_, rocksdb::Env::HIGH), 0);
  jobs_->Hold();
  taken();
  EXPECT_THAT(Run(), ElementsAre("a"));
}

TEST_F(FlushJobsTest, LastFlushCanEndAfterItsEnv) {
  auto pool = std::make_shared<Pool>();
  struct Owned final : public rocksdb::EnvWrapper {
    explicit Owned(std::shared_ptr<Env> target) : EnvWrapper(target) {}
    static const char* kClassName() { return "Owned"; }
    const char* Name() const override { return kClassName(); }
  };
  jobs_.emplace(std::make_unique<Owned>(pool));
  Schedule("a", &database_, [this] { jobs_.reset(); });
  pool->RunAll();
  EXPECT_FALSE(jobs_.has_value());
}

}  // namespace
}  // namespace millrace::log

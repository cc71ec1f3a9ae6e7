// SPDX-License-Identifier: Apache-2.0

// A disk with slow syncs and reads delays only callers that need the disk.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "millrace/v1/admin.grpc.pb.h"
#include "system/change_reader.h"
#include "system/feed_server.h"
#include "system/raw_feed.h"

namespace millrace::testing {
namespace {

constexpr absl::Duration kSlowSync = absl::Milliseconds(700);
constexpr absl::Duration kSlowRead = absl::Milliseconds(100);
// The greatest acceptable delay of callers that do not need the disk.
constexpr absl::Duration kDelayMax = absl::Milliseconds(50);
constexpr int kCallers = 8;
constexpr int kReaders = 20;
// The machine may be busy for a while. A slow disk is slow all the time, so it shows in every try.
constexpr int kTries = 8;

// The maximum of durations, added by one thread at a time.
class Maximum {
 public:
  void Add(absl::Duration time) {
    micros_ = std::max(micros_.load(), absl::ToInt64Microseconds(time));
  }
  absl::Duration get() const { return absl::Microseconds(micros_.load()); }

 private:
  std::atomic<int64_t> micros_{0};
};

// Threads that repeat their work until the object is destroyed.
class LoopingThreads {
 public:
  ~LoopingThreads() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  void Add(std::function<void(const std::atomic<bool>& stopping)> work) {
    threads_.emplace_back([this, work = std::move(work)] {
      while (!stopping_) work(stopping_);
    });
  }

 private:
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

class SlowDiskFeed : public ::testing::Test {
 protected:
  void Start(const std::string& durability) {
    feed_ = FeedServer::MustStart(
        *source_, {.log = {"durability: " + durability, "ring_bytes: 1MiB"}, .slow_disk = &disk_});
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("CREATE TABLE shop.old (id INT AUTO_INCREMENT PRIMARY KEY, a BLOB)");
    sql_.MustExecute("CREATE TABLE shop.live (id INT AUTO_INCREMENT PRIMARY KEY)");
    sql_.MustExecute("INSERT INTO shop.old (a) VALUES (RANDOM_BYTES(1000))");
    // 32 MiB of incompressible data.
    for (int i = 0; i < 15; ++i) {
      sql_.MustExecute("INSERT INTO shop.old (a) SELECT RANDOM_BYTES(1000) FROM shop.old");
    }
    token_ = ChangeReader(*feed_).CurrentToken(sql_);
  }

  // Adds callers of CommitPosition.
  void AddCallers(LoopingThreads& threads) {
    for (int i = 0; i < kCallers; ++i) {
      auto raw = std::make_shared<RawFeed>(feed_->address());
      threads.Add([this, raw, i](const std::atomic<bool>&) {
        grpc::ClientContext context;
        v1::CommitPositionRequest request;
        request.set_subscription(fmt::format("caller{}", i));
        request.set_resume_token(token_);
        v1::CommitPositionResponse response;
        const grpc::Status status = raw->stub().CommitPosition(&context, request, &response);
        EXPECT_TRUE(status.ok()) << status.error_message();
        ++commits_;
      });
    }
  }
  // Reads from `request` to `token_`; adds the times between responses.
  void ReadStored(RawFeed& raw, v1::SubscribeRequest request, const std::atomic<bool>& stopping,
                  Maximum& gap) {
    request.set_until_token(token_);
    grpc::ClientContext context;
    absl::Time last = absl::Now();
    const auto stream = raw.stub().Subscribe(&context, request);
    v1::SubscribeResponse response;
    while (stream->Read(&response)) {
      gap.Add(absl::Now() - last);
      if (stopping) context.TryCancel();
      last = absl::Now();
    }
    stream->Finish();
  }
  void AddReadersOfStoredChanges(LoopingThreads& threads, int count, Maximum& gap) {
    for (int i = 0; i < count; ++i) {
      auto raw = std::make_shared<RawFeed>(feed_->address());
      threads.Add([this, raw, &gap](const std::atomic<bool>& stopping) {
        ReadStored(*raw, ChangeReader::FromEarliest(), stopping, gap);
      });
    }
  }
  void AddStatusCaller(LoopingThreads& threads, Maximum& time) {
    const auto channel = grpc::CreateChannel(feed_->address(), grpc::InsecureChannelCredentials());
    auto stub = std::shared_ptr<v1::Admin::Stub>(v1::Admin::NewStub(channel));
    threads.Add([stub, &time](const std::atomic<bool>&) {
      grpc::ClientContext context;
      v1::GetStatusResponse response;
      const absl::Time begin = absl::Now();
      EXPECT_TRUE(stub->GetStatus(&context, {}, &response).ok());
      time.Add(absl::Now() - begin);
      absl::SleepFor(absl::Milliseconds(20));
    });
  }
  // The greatest delay from the commit of each of `count` changes until a live stream has it.
  absl::Duration GreatestDelay(int count) {
    RawFeed raw(feed_->address());
    grpc::ClientContext context;
    v1::SubscribeRequest request;
    request.add_tables("shop.live");
    const auto stream = raw.stub().Subscribe(&context, request);
    v1::SubscribeResponse response;
    EXPECT_TRUE(stream->Read(&response));
    Maximum delay;
    for (int i = 0; i < count; ++i) {
      sql_.MustExecute("INSERT INTO shop.live VALUES ()");
      const absl::Time committed = absl::Now();
      do {
        if (!stream->Read(&response)) return absl::InfiniteDuration();
      } while (response.transactions().empty());
      delay.Add(absl::Now() - committed);
    }
    context.TryCancel();
    stream->Finish();
    return delay.get();
  }

  // Records a duration for reports.
  static void Record(const std::string& name, absl::Duration time) {
    RecordProperty(name + "_ms", static_cast<int>(absl::ToInt64Milliseconds(time)));
  }

  SlowDisk disk_;
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
  std::string token_;  // after all stored changes
  std::atomic<int> commits_ = 0;
};

TEST_F(SlowDiskFeed, SyncsOfPositionsDelayNeitherStreamsNorStatus) {
  Start("relaxed");
  disk_.SlowSyncs(kSlowSync);
  absl::Duration gap = absl::InfiniteDuration();
  absl::Duration status = absl::InfiniteDuration();
  absl::Duration live = absl::InfiniteDuration();
  for (int i = 0; i < kTries && std::max({gap, status, live}) >= kDelayMax; ++i) {
    Maximum gap_now;
    Maximum status_now;
    {
      LoopingThreads threads;
      AddCallers(threads);
      AddReadersOfStoredChanges(threads, 1, gap_now);
      AddStatusCaller(threads, status_now);
      live = std::min(live, GreatestDelay(100));
      absl::SleepFor(2 * kSlowSync);
    }
    gap = std::min(gap, gap_now.get());
    status = std::min(status, status_now.get());
  }
  EXPECT_LT(gap, kDelayMax);
  EXPECT_LT(status, kDelayMax);
  EXPECT_LT(live, kDelayMax);
  EXPECT_GT(commits_, 0);
  Record("gap", gap);
  Record("status", status);
  Record("live", live);
  disk_.SlowSyncs(absl::ZeroDuration());
}

TEST_F(SlowDiskFeed, DurableCommitWaitsForAtMostTwoSyncs) {
  Start("durable");
  disk_.SlowSyncs(kSlowSync);
  absl::Duration live = absl::InfiniteDuration();
  {
    LoopingThreads threads;
    AddCallers(threads);
    for (int i = 0; i < kTries && live >= 2 * kSlowSync + kDelayMax; ++i) {
      live = std::min(live, GreatestDelay(3));
    }
  }
  EXPECT_LT(live, 2 * kSlowSync + kDelayMax);
  EXPECT_GE(live, kSlowSync);
  Record("live", live);
  disk_.SlowSyncs(absl::ZeroDuration());
}

TEST_F(SlowDiskFeed, OldDataReadersDelayNeitherStreamsNorStatus) {
  Start("relaxed");
  const std::string recent = token_;
  sql_.MustExecute("INSERT INTO shop.live VALUES ()");
  token_ = ChangeReader(*feed_).CurrentToken(sql_);
  disk_.SlowSyncs(kSlowSync);
  absl::Duration status = absl::InfiniteDuration();
  absl::Duration live = absl::InfiniteDuration();
  absl::Duration from_memory = absl::InfiniteDuration();
  for (int i = 0; i < kTries && std::max({status, live, from_memory}) >= kDelayMax; ++i) {
    Maximum ignored;
    Maximum status_now;
    Maximum from_memory_now;
    disk_.SlowReads(kSlowRead);
    LoopingThreads threads;
    AddCallers(threads);
    AddReadersOfStoredChanges(threads, kReaders, ignored);
    AddStatusCaller(threads, status_now);
    threads.Add(
        [this, &recent, &from_memory_now,
         raw = std::make_shared<RawFeed>(feed_->address())](const std::atomic<bool>& stopping) {
          ReadStored(*raw, ChangeReader::FromToken(recent), stopping, from_memory_now);
        });
    const uint32_t reads_before = disk_.reads();
    while (disk_.reads() < reads_before + 8) absl::SleepFor(absl::Milliseconds(10));
    live = std::min(live, GreatestDelay(60));
    status = std::min(status, status_now.get());
    from_memory = std::min(from_memory, from_memory_now.get());
    disk_.SlowReads(absl::ZeroDuration());
  }
  EXPECT_LT(status, kDelayMax);
  EXPECT_LT(live, kDelayMax);
  EXPECT_LT(from_memory, kDelayMax);
  Record("status", status);
  Record("live", live);
  Record("from_memory", from_memory);
  disk_.SlowSyncs(absl::ZeroDuration());
}

}  // namespace
}  // namespace millrace::testing

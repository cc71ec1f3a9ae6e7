// SPDX-License-Identifier: Apache-2.0

// A disk whose syncs and reads take long delays those that need it, and nobody else.

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
// What nobody may feel who needs no disk.
constexpr absl::Duration kUnnoticed = absl::Milliseconds(50);
constexpr int kCallers = 8;
constexpr int kReaders = 20;
// The machine itself may be busy for a while. The disk is slow all the time, so it shows in each
// try.
constexpr int kTries = 8;

// The greatest of what one thread at a time measures.
class Greatest {
 public:
  void Add(absl::Duration time) {
    micros_ = std::max(micros_.load(), absl::ToInt64Microseconds(time));
  }
  absl::Duration get() const { return absl::Microseconds(micros_.load()); }

 private:
  std::atomic<int64_t> micros_{0};
};

// Threads that do something again and again, until it ends.
class Crowd {
 public:
  ~Crowd() {
    leaving_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  void Add(std::function<void(const std::atomic<bool>& leaving)> work) {
    threads_.emplace_back([this, work = std::move(work)] {
      while (!leaving_) work(leaving_);
    });
  }

 private:
  std::atomic<bool> leaving_{false};
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
    // 32 MiB, of which compression makes no less.
    for (int i = 0; i < 15; ++i) {
      sql_.MustExecute("INSERT INTO shop.old (a) SELECT RANDOM_BYTES(1000) FROM shop.old");
    }
    token_ = ChangeReader(*feed_).TokenOfNow(sql_);
  }

  // Callers of CommitPosition.
  void AddCallers(Crowd& crowd) {
    for (int i = 0; i < kCallers; ++i) {
      auto raw = std::make_shared<RawFeed>(feed_->address());
      crowd.Add([this, raw, i](const std::atomic<bool>&) {
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
  void ReadStored(RawFeed& raw, v1::SubscribeRequest request, const std::atomic<bool>& leaving,
                  Greatest& gap) {
    request.set_until_token(token_);
    grpc::ClientContext context;
    absl::Time last = absl::Now();
    const auto stream = raw.stub().Subscribe(&context, request);
    v1::SubscribeResponse response;
    while (stream->Read(&response)) {
      gap.Add(absl::Now() - last);
      if (leaving) context.TryCancel();
      last = absl::Now();
    }
    stream->Finish();
  }
  void AddReadersOfStoredChanges(Crowd& crowd, int count, Greatest& gap) {
    for (int i = 0; i < count; ++i) {
      auto raw = std::make_shared<RawFeed>(feed_->address());
      crowd.Add([this, raw, &gap](const std::atomic<bool>& leaving) {
        ReadStored(*raw, ChangeReader::FromEarliest(), leaving, gap);
      });
    }
  }
  void AddStatusCaller(Crowd& crowd, Greatest& time) {
    const auto channel = grpc::CreateChannel(feed_->address(), grpc::InsecureChannelCredentials());
    auto stub = std::shared_ptr<v1::Admin::Stub>(v1::Admin::NewStub(channel));
    crowd.Add([stub, &time](const std::atomic<bool>&) {
      grpc::ClientContext context;
      v1::GetStatusResponse response;
      const absl::Time begin = absl::Now();
      EXPECT_TRUE(stub->GetStatus(&context, {}, &response).ok());
      time.Add(absl::Now() - begin);
      absl::SleepFor(absl::Milliseconds(20));
    });
  }
  // From the commit of each of `count` changes until a live stream has it.
  absl::Duration GreatestDelay(int count) {
    RawFeed raw(feed_->address());
    grpc::ClientContext context;
    v1::SubscribeRequest request;
    request.add_tables("shop.live");
    const auto stream = raw.stub().Subscribe(&context, request);
    v1::SubscribeResponse response;
    EXPECT_TRUE(stream->Read(&response));
    Greatest delay;
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

  // For reports.
  static void Record(const std::string& name, absl::Duration time) {
    RecordProperty(name + "_ms", static_cast<int>(absl::ToInt64Milliseconds(time)));
  }

  SlowDisk disk_;
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
  std::string token_;  // after all that is stored
  std::atomic<int> commits_ = 0;
};

TEST_F(SlowDiskFeed, SyncsOfPositionsDelayNeitherStreamsNorStatus) {
  Start("relaxed");
  disk_.SlowSyncs(kSlowSync);
  absl::Duration gap = absl::InfiniteDuration();
  absl::Duration status = absl::InfiniteDuration();
  absl::Duration live = absl::InfiniteDuration();
  for (int i = 0; i < kTries && std::max({gap, status, live}) >= kUnnoticed; ++i) {
    Greatest gap_now;
    Greatest status_now;
    {
      Crowd crowd;
      AddCallers(crowd);
      AddReadersOfStoredChanges(crowd, 1, gap_now);
      AddStatusCaller(crowd, status_now);
      live = std::min(live, GreatestDelay(100));
      absl::SleepFor(2 * kSlowSync);
    }
    gap = std::min(gap, gap_now.get());
    status = std::min(status, status_now.get());
  }
  EXPECT_LT(gap, kUnnoticed);
  EXPECT_LT(status, kUnnoticed);
  EXPECT_LT(live, kUnnoticed);
  EXPECT_GT(commits_, 0);
  Record("gap", gap);
  Record("status", status);
  Record("live", live);
  disk_.SlowSyncs(absl::ZeroDuration());
}

TEST_F(SlowDiskFeed, DurableCommitWaitsForTwoSyncsAtMost) {
  Start("durable");
  disk_.SlowSyncs(kSlowSync);
  absl::Duration live = absl::InfiniteDuration();
  {
    Crowd crowd;
    AddCallers(crowd);
    for (int i = 0; i < kTries && live >= 2 * kSlowSync + kUnnoticed; ++i) {
      live = std::min(live, GreatestDelay(3));
    }
  }
  EXPECT_LT(live, 2 * kSlowSync + kUnnoticed);
  EXPECT_GE(live, kSlowSync);
  Record("live", live);
  disk_.SlowSyncs(absl::ZeroDuration());
}

TEST_F(SlowDiskFeed, ReadersOfOldDataDelayNeitherLiveStreamsNorStatus) {
  Start("relaxed");
  const std::string recent = token_;
  sql_.MustExecute("INSERT INTO shop.live VALUES ()");
  token_ = ChangeReader(*feed_).TokenOfNow(sql_);
  disk_.SlowSyncs(kSlowSync);
  absl::Duration status = absl::InfiniteDuration();
  absl::Duration live = absl::InfiniteDuration();
  absl::Duration from_memory = absl::InfiniteDuration();
  for (int i = 0; i < kTries && std::max({status, live, from_memory}) >= kUnnoticed; ++i) {
    Greatest ignored;
    Greatest status_now;
    Greatest from_memory_now;
    disk_.SlowReads(kSlowRead);
    Crowd crowd;
    AddCallers(crowd);
    AddReadersOfStoredChanges(crowd, kReaders, ignored);
    AddStatusCaller(crowd, status_now);
    crowd.Add([this, &recent, &from_memory_now, raw = std::make_shared<RawFeed>(feed_->address())](
                  const std::atomic<bool>& leaving) {
      ReadStored(*raw, ChangeReader::FromToken(recent), leaving, from_memory_now);
    });
    const uint32_t reads_before = disk_.reads();
    while (disk_.reads() < reads_before + 8) absl::SleepFor(absl::Milliseconds(10));
    live = std::min(live, GreatestDelay(60));
    status = std::min(status, status_now.get());
    from_memory = std::min(from_memory, from_memory_now.get());
    disk_.SlowReads(absl::ZeroDuration());
  }
  EXPECT_LT(status, kUnnoticed);
  EXPECT_LT(live, kUnnoticed);
  EXPECT_LT(from_memory, kUnnoticed);
  Record("status", status);
  Record("live", live);
  Record("from_memory", from_memory);
  disk_.SlowSyncs(absl::ZeroDuration());
}

}  // namespace
}  // namespace millrace::testing

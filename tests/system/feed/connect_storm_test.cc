// SPDX-License-Identifier: Apache-2.0

// Clients that connect and disconnect, over a thousand a second, beside very many streams.
// MILLRACE_STORM_SECONDS=30 MILLRACE_STORM_STREAMS=10000 checks the promised numbers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "millrace/v1/change_feed.grpc.pb.h"
#include "support/raw_http2.h"
#include "system/feed/steady_changes.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

constexpr int kStreamsPerConnection = 100;
constexpr int kConnectsPerSecond = 2000;
constexpr int kConnectThreads = 4;
constexpr absl::Duration kArrival = absl::Seconds(10);

int FromEnvironment(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

// What all streams have received.
struct Arrivals {
  std::atomic<int64_t> changes{0};
  std::atomic<int> ended{0};
};

// One stream at the tail that counts what arrives.
class CountingStream final : public grpc::ClientReadReactor<v1::SubscribeResponse> {
 public:
  CountingStream(v1::ChangeFeed::Stub& stub, const v1::SubscribeRequest& request,
                 Arrivals& arrivals)
      : arrivals_(arrivals) {
    stub.async()->Subscribe(&context_, &request, this);
    StartRead(&response_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    for (const v1::Transaction& transaction : response_.transactions()) {
      arrivals_.changes.fetch_add(transaction.changes_size());
    }
    StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override { arrivals_.ended.fetch_add(1); }
  void Cancel() { context_.TryCancel(); }

 private:
  Arrivals& arrivals_;
  grpc::ClientContext context_;
  v1::SubscribeResponse response_;
};

// Connects and closes, kConnectsPerSecond times a second.
class ConnectStorm {
 public:
  explicit ConnectStorm(int port) {
    for (int i = 0; i < kConnectThreads; ++i) {
      threads_.emplace_back([this, port, i] { Run(port, fmt::format("127.0.1.{}", i + 1)); });
    }
  }
  int64_t Stop() {
    stop_.store(true);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return connects_.load();
  }
  ~ConnectStorm() { Stop(); }

 private:
  void Run(int port, const std::string& from) {
    const absl::Duration interval = absl::Seconds(1) * kConnectThreads / kConnectsPerSecond;
    bool speak = false;
    for (absl::Time next = absl::Now(); !stop_.load(); next += interval) {
      absl::SleepFor(next - absl::Now());
      auto connection = RawConnection::Open(port, from);
      speak = !speak;
      if (connection.has_value() && speak) connection->Write(http2::Preface());
      connects_.fetch_add(1);
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<int64_t> connects_{0};
  std::vector<std::thread> threads_;
};

class Storm : public ::testing::Test {
 protected:
  void OpenStreams(int count) {
    v1::SubscribeRequest request;
    request.set_at(v1::START_POINT_LATEST);
    request.add_tables("shop.t");
    request.add_operations(v1::OPERATION_INSERT);
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    for (int i = 0; i < count; ++i) {
      if (i % kStreamsPerConnection == 0) {
        stubs_.push_back(v1::ChangeFeed::NewStub(grpc::CreateCustomChannel(
            feed_->address(), grpc::InsecureChannelCredentials(), arguments)));
      }
      streams_.push_back(std::make_unique<CountingStream>(*stubs_.back(), request, arrivals_));
    }
    feed_->WaitUntil("streams", [&](const v1::GetStatusResponse& status) {
      return status.subscriptions_size() >= count;
    });
  }
  void CloseStreams() {
    for (const auto& stream : streams_) stream->Cancel();
    while (arrivals_.ended.load() < static_cast<int>(streams_.size())) std::this_thread::yield();
  }
  // Commits a row; returns how long it takes until all streams have it.
  absl::Duration MeasureArrival(int64_t changes_after) {
    const absl::Time begin = absl::Now();
    sql_.MustExecute("INSERT INTO shop.t VALUES ()");
    while (arrivals_.changes.load() < changes_after && absl::Now() - begin < 2 * kArrival) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    return absl::Now() - begin;
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
  Arrivals arrivals_;
  std::vector<std::unique_ptr<v1::ChangeFeed::Stub>> stubs_;
  std::vector<std::unique_ptr<CountingStream>> streams_;
};

TEST_F(Storm, DoesNotDisturbManyStreams) {
  const int seconds = FromEnvironment("MILLRACE_STORM_SECONDS", 3);
  const int count = FromEnvironment("MILLRACE_STORM_STREAMS", 1000);
  feed_ = FeedServer::MustStart(
      *source_, {.server = {"streams_max: 20000", "connections_per_peer_max: 1000"}});
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT)");
  OpenStreams(count);
  absl::Duration slowest;
  int64_t rows = 0;
  ConnectStorm storm(feed_->port());
  for (const absl::Time end = absl::Now() + absl::Seconds(seconds); absl::Now() < end;) {
    ++rows;
    slowest = std::max(slowest, MeasureArrival(rows * count));
    ASSERT_EQ(arrivals_.changes.load(), rows * count);
  }
  const int64_t connects = storm.Stop();
  std::cout << fmt::format("{} connects, {} rows to {} streams each, slowest {}, peak {:.0f} MiB\n",
                           connects, rows, count, absl::FormatDuration(slowest),
                           PeakResidentMib(feed_->pid()));
  EXPECT_EQ(arrivals_.ended.load(), 0);
  EXPECT_LT(slowest, kArrival);
  EXPECT_LT(PeakResidentMib(feed_->pid()), 600);
  EXPECT_GT(connects, seconds * kConnectsPerSecond / 2);
  CloseStreams();
}

}  // namespace
}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

// A real file system of 64 MiB is filled at random moments, also while the server starts and stops:
// the server stays up, serves what it has, and has all changes of the source once there is space,
// without a restart. MILLRACE_DISK_MOMENTS: moments on each file system (3). MILLRACE_RANDOM_SEED:
// the first seed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "fmt/format.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "millrace/subscription.h"
#include "support/small_disk.h"
#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

constexpr uint64_t kDiskBytes = uint64_t{64} << 20;
constexpr int kTableRows = 400;

int NumberOr(const char* name, int fallback) {
  const char* const text = std::getenv(name);
  return text == nullptr ? fallback : std::atoi(text);
}

// Fills the disk after a delay; a greedy filler repeats that until it is stopped.
class Filler {
 public:
  Filler(const SmallDisk& disk, std::chrono::milliseconds delay, bool greedy)
      : thread_([&disk, delay, greedy, this] {
          std::this_thread::sleep_for(delay);
          do {
            disk.Fill();
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
          } while (greedy && !stopped_);
        }) {}
  ~Filler() {
    stopped_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

class FullDisk : public ::testing::TestWithParam<SmallDisk::Kind> {
 protected:
  void SetUp() override {
    auto disk = SmallDisk::Mount(GetParam(), kDiskBytes);
    if (absl::IsUnavailable(disk.status())) {
      GTEST_SKIP() << "no small disk: " << disk.status().message();
    }
    ASSERT_TRUE(disk.ok()) << disk.status();
    disk_ = *std::move(disk);
    source_ = SourceServer::MustStart({});
    sql_.emplace(source_->MustConnect());
    sql_->MustExecute("CREATE DATABASE shop");
    sql_->MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, n INT NOT NULL, pad BLOB)");
    feed_ = FeedServer::MustStart(*source_, Options("12MiB"));
  }
  FeedServerOptions Options(const std::string& retention_bytes) const {
    return {.tables = {"shop.*"},
            .log = {"directory: " + (disk_->path() / "log").string(),
                    "retention_bytes: " + retention_bytes}};
  }

  int Random(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

  // Runs some transactions of some MiB in total.
  void ChangeRows() {
    for (int i = Random(5, 30); i > 0; --i) {
      const int first = Random(1, kTableRows);
      const int last = std::min(kTableRows, first + Random(0, 100));
      if (Random(0, 9) == 0) {
        sql_->MustExecute(
            fmt::format("DELETE FROM shop.t WHERE id >= {} AND id <= {}", first, last));
        continue;
      }
      std::string rows;
      for (int id = first; id <= last; ++id) {
        rows += fmt::format("{}({}, {}, RANDOM_BYTES({}))", rows.empty() ? "" : ",", id, ++n_,
                            Random(1, 1000));
      }
      sql_->MustExecute("REPLACE INTO shop.t VALUES " + rows);
    }
  }

  // Reads the feed until this row arrives.
  void FollowTo(int id, int n) {
    ChangeReader reader(*feed_);
    v1::SubscribeRequest request =
        token_.empty() ? ChangeReader::FromEarliest() : ChangeReader::FromToken(token_);
    const auto subscription = feed_->client().Subscribe({.request = request});
    const std::string wanted = std::to_string(n);
    while (copy_.count(std::to_string(id)) == 0 || copy_[std::to_string(id)].at("n") != wanted) {
      const auto batch = subscription->Next();
      ASSERT_TRUE(batch.ok()) << batch.status() << feed_->LogText();
      for (const v1::Transaction& transaction : (*batch)->transactions()) {
        for (const v1::Change& change : transaction.changes()) Apply(reader, change);
        if (HasFatalFailure()) return;
      }
      token_ = (*batch)->resume_token();
    }
  }

  void Apply(ChangeReader& reader, const v1::Change& change) {
    ASSERT_EQ(change.sequence(), ++sequence_) << "a change is missing, or came twice";
    if (change.has_before()) copy_.erase(*reader.Row(change.before()).at("id"));
    if (!change.has_after()) return;
    const SeenRow row = reader.Row(change.after());
    copy_[*row.at("id")] = row;
  }

  void ExpectEqualsSource() {
    const int id = kTableRows + 1;
    sql_->MustExecute(fmt::format("REPLACE INTO shop.t VALUES ({}, {}, NULL)", id, ++n_));
    FollowTo(id, n_);
    const SqlRows rows = sql_->MustQuery("SELECT id, n, CONCAT('0x', HEX(pad)) FROM shop.t");
    EXPECT_EQ(rows.size(), copy_.size());
    for (const SqlRow& row : rows) {
      const SeenRow& copy = copy_[*row[0]];
      ASSERT_TRUE(copy.contains("n")) << *row[0];
      EXPECT_EQ(copy.at("n"), row[1]);
      EXPECT_EQ(copy.at("pad"), row[2]);
    }
  }

  // The stored changes can be read from the beginning.
  void ExpectServes() {
    const auto status = feed_->client().GetStatus({});
    ASSERT_TRUE(status.ok()) << status.status() << feed_->LogText();
    if (sequence_ == 0) return;
    const auto subscription = feed_->client().Subscribe({.request = ChangeReader::FromEarliest()});
    const auto batch = subscription->Next();
    ASSERT_TRUE(batch.ok()) << batch.status() << feed_->LogText();
    EXPECT_FALSE((*batch)->transactions().empty());
  }

  // Parses the response of grpc.health.v1: one field, 1 is SERVING.
  bool IsHealthy() const {
    grpc::GenericStub stub(
        grpc::CreateChannel(feed_->address(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    const grpc::Slice nothing;
    const grpc::ByteBuffer request(&nothing, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                   [&done](grpc::Status status) { done.set_value(std::move(status)); });
    grpc::Slice bytes;
    const bool responded = done.get_future().get().ok() && response.DumpToSingleSlice(&bytes).ok();
    return responded && bytes.size() == 2 && bytes.begin()[1] == 1;
  }

  void StopCleanly() { ASSERT_EQ(feed_->Stop(), 0) << feed_->LogText(); }

  // Fills the disk at one moment; the disk is full afterwards. Kinds: 0 while the server runs, 1
  // while it stops, 2 while it starts, 3 the same after a crash, 4 while it crashes, 5 before a
  // stop.
  void FillAtMoment(int kind) {
    const bool greedy = Random(0, 1) == 0;
    const std::chrono::milliseconds delay(Random(0, 60));
    if (kind == 2) StopCleanly();
    if (kind == 3) feed_->Kill();
    {
      const Filler filler(*disk_, delay, greedy);
      if (kind == 1) StopCleanly();
      if (kind == 4) ChangeRows();
      if (kind == 4) feed_->Kill();
      if (kind >= 1 && kind <= 4) feed_->Start();
      ChangeRows();
      ExpectServes();
    }
    if (kind == 5) StopCleanly();
    if (kind == 5) feed_->Start();
    disk_->Fill();
    for (int i = Random(1, 5); i > 0; --i) ChangeRows();
    ExpectServes();
  }

  std::mt19937 random_{static_cast<uint32_t>(NumberOr("MILLRACE_RANDOM_SEED", 1))};
  std::unique_ptr<SmallDisk> disk_;
  std::unique_ptr<SourceServer> source_;
  std::optional<SqlSession> sql_;
  std::unique_ptr<FeedServer> feed_;
  std::map<std::string, SeenRow> copy_;  // of the table, by id
  uint64_t sequence_ = 0;
  std::string token_;
  int n_ = 0;
};

TEST_P(FullDisk, ServerKeepsServingAndResumes) {
  const int moments = NumberOr("MILLRACE_DISK_MOMENTS", 3);
  std::map<std::string, int> reasons;
  for (int moment = 0; moment < moments; ++moment) {
    const int kind = Random(0, 5);
    SCOPED_TRACE(fmt::format("moment {} of kind {}", moment, kind));
    FillAtMoment(kind);
    if (HasFailure()) break;
    ++reasons[feed_->client().GetStatus({})->source().error_reason()];
    const pid_t pid = feed_->pid();
    disk_->Free();
    ExpectEqualsSource();
    ASSERT_EQ(feed_->pid(), pid);
    if (HasFailure()) break;
  }
  for (const auto& [reason, count] : reasons) std::cout << reason << " " << count << "\n";
  if (HasFailure()) std::cout << feed_->LogText();
  EXPECT_EQ(feed_->Stop(), 0);
}

TEST_P(FullDisk, NewLogStartsOnceThereIsSpace) {
  StopCleanly();
  std::filesystem::remove_all(disk_->path() / "log");
  disk_->Fill();
  feed_->Start();
  feed_->WaitForReason("DISK_FULL");
  disk_->Free();
  feed_->WaitForState(v1::SourceStatus::STATE_STREAMING);
  ChangeRows();
  ExpectEqualsSource();
}

TEST_P(FullDisk, FullDiskIsReportedUntilThereIsSpace) {
  StopCleanly();
  feed_->Configure(*source_, Options("1GiB"));
  feed_->Start();
  disk_->Fill();
  ChangeRows();
  // The space already allocated for the write-ahead log suffices for a while.
  while (feed_->client().GetStatus({})->source().error_reason() != "DISK_FULL") ChangeRows();
  const auto status = feed_->WaitForReason("DISK_FULL");
  EXPECT_FALSE(IsHealthy());
  EXPECT_THAT(status.source().error(), ::testing::HasSubstr((disk_->path() / "log").string()));
  ExpectServes();
  disk_->Free();
  feed_->WaitForReason("");
  ExpectEqualsSource();
  EXPECT_TRUE(IsHealthy());
}

INSTANTIATE_TEST_SUITE_P(FileSystems, FullDisk,
                         ::testing::Values(SmallDisk::Kind::kExt4, SmallDisk::Kind::kTmpfs),
                         [](const auto& made) {
                           return made.param == SmallDisk::Kind::kExt4 ? "Ext4" : "Tmpfs";
                         });

}  // namespace
}  // namespace millrace::testing

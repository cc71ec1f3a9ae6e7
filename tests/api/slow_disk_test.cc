// SPDX-License-Identifier: Apache-2.0

// A disk whose reads or syncs hang delays only the calls that need it.

#include "api/server_fixture.h"
#include "log/fault_file_system.h"
#include "rocksdb/env.h"

namespace millrace::api {
namespace {

using ::testing::ElementsAre;

// Must be constructed before the log of ServerTest.
struct FaultyDisk {
  std::shared_ptr<log::testing::FaultFileSystem> faults =
      std::make_shared<log::testing::FaultFileSystem>();
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(faults);
};

// A server whose log is mostly on a disk that can block.
class SlowDiskTest : private FaultyDisk, public ServerTest {
 protected:
  static constexpr uint64_t kTransactions = 60;

  SlowDiskTest()
      : ServerTest(FilledLog::Options{
            .frame_bytes = 4000,
            .ring_bytes = 1,
            .seams = {.env = env.get(),
                      .write_buffer_bytes = 64 << 10,
                      .sync = [this](const std::string& path,
                                     int file) { return faults->SyncFile(path, file); }},
            .noisy = true}) {
    for (uint64_t number = 1; number <= kTransactions; ++number) {
      log_.Inserts(number, 3, 4000);
      log_.Commit();
    }
    Start();
  }
  ~SlowDiskTest() override {
    reads().Open();
    syncs().Open();
    Stop();
  }

  log::testing::Gate& reads() { return faults->reads(); }
  log::testing::Gate& syncs() { return faults->syncs(); }

  // Streams of old data; their reads occupy all disk readers.
  std::vector<std::unique_ptr<Subscriber>> HeldReaders(size_t count) {
    reads().Close();
    std::vector<std::unique_ptr<Subscriber>> readers;
    for (size_t i = 0; i < count; ++i) readers.push_back(Subscribe(Earliest()));
    reads().AwaitHeld(2);
    return readers;
  }
  // A live stream still receives the next change.
  void ExpectLiveStreamContinues(Subscriber& live) {
    const uint64_t number = ++transactions_;
    log_.Inserts(number, 1);
    log_.Commit();
    EXPECT_THAT(live.Sequences(1), ElementsAre(log_.newest()));
  }
  v1::GetStatusResponse Status() {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    EXPECT_TRUE(v1::Admin::NewStub(channel_)->GetStatus(&context, {}, &response).ok());
    return response;
  }

 private:
  uint64_t transactions_ = kTransactions;
};

TEST_F(SlowDiskTest, ReadersOfOldDataDelayNoLiveStreams) {
  const auto live = Subscribe(From(v1::START_POINT_LATEST));
  ASSERT_TRUE(live->Next()->has_progress());
  const auto readers = HeldReaders(6);
  for (int i = 0; i < 3; ++i) ExpectLiveStreamContinues(*live);
  const auto newcomer = Subscribe(From(v1::START_POINT_LATEST));
  ASSERT_TRUE(newcomer->Next()->has_progress());
  ExpectLiveStreamContinues(*newcomer);
  reads().Open();
  for (const auto& reader : readers) EXPECT_GE(reader->Sequences(180).size(), 180u);
}

TEST_F(SlowDiskTest, StatusOmitsUnknownTimes) {
  const auto readers = HeldReaders(3);
  const v1::GetStatusResponse status = Status();
  EXPECT_EQ(status.log().newest_sequence(), 3 * kTransactions);
  EXPECT_FALSE(status.log().newest_token().empty());
  EXPECT_FALSE(status.log().has_oldest_commit_time());
  EXPECT_EQ(status.log().oldest_token(), "");
  ASSERT_EQ(status.subscriptions_size(), 3);
  EXPECT_FALSE(status.subscriptions(0).has_lag());
  reads().Open();
  while (!Status().log().has_oldest_commit_time()) {
  }
  EXPECT_EQ(Status().log().oldest_token(), TokenAt(0));
}

TEST_F(SlowDiskTest, StreamEndsDuringItsRead) {
  auto readers = HeldReaders(4);
  for (const auto& reader : readers) reader->Cancel();
  AwaitStreams(0);
  readers.clear();
  reads().Open();
  EXPECT_EQ(Subscribe(Earliest())->Sequences(1)[0], 1u);
}

TEST_F(SlowDiskTest, ReaderOfOldDataGetsProgress) {
  v1::SubscribeRequest request = Earliest();
  request.set_max_response_bytes(1024);
  request.mutable_progress_interval()->set_nanos(100'000'000);
  const auto reader = Subscribe(request);
  ASSERT_EQ(reader->Sequences(1).size(), 1u);
  reads().Close();
  std::optional<v1::SubscribeResponse> response;
  do {
    response = reader->Next();
    ASSERT_TRUE(response.has_value());
  } while (!response->has_progress());
  EXPECT_EQ(response->progress().sequence(),
            Token::Parse(response->resume_token())->sequence.value);
  reads().Open();
}

TEST_F(SlowDiskTest, StreamFromStoredPlaceStartsAfterRead) {
  v1::SubscribeRequest request;
  request.mutable_commit_time()->set_seconds(4);
  reads().Close();
  const auto subscriber = Subscribe(request);
  reads().AwaitHeld(1);
  EXPECT_EQ(streams_->size(), 1u);
  reads().Open();
  EXPECT_EQ(subscriber->Sequences(1)[0], 10u);
}

TEST_F(SlowDiskTest, StreamFromInvalidPlaceIsRefusedAfterRead) {
  log_.TrimBefore(20);
  v1::SubscribeRequest request;
  request.set_gtid_set(GtidTextOf(1) + "-5");
  EXPECT_EQ(Refusal(request).first, "POSITION_NOT_FOUND");
  AwaitStreams(0);
}

TEST_F(SlowDiskTest, ReadingCallDelaysNoOtherCall) {
  reads().Close();
  v1::GetPositionRequest request;
  request.mutable_commit_time()->set_seconds(4);
  std::thread asking([this, &request] {
    grpc::ClientContext context;
    v1::GetPositionResponse response;
    EXPECT_TRUE(stub_->GetPosition(&context, request, &response).ok());
    EXPECT_EQ(response.sequence(), 9u);
  });
  reads().AwaitHeld(1);
  v1::CommitPositionRequest commit;
  commit.set_subscription("a");
  commit.set_resume_token(
      Token{.log_id = log_.log().log_id(), .sequence = {5}, .gtids = {}}.ToString());
  Call(&v1::ChangeFeed::Stub::CommitPosition, commit);
  EXPECT_TRUE(status_.ok()) << status_.error_message();
  reads().Open();
  asking.join();
}

TEST_F(SlowDiskTest, CommitPositionDelaysNeitherStreamsNorStatus) {
  const auto live = Subscribe(From(v1::START_POINT_LATEST));
  ASSERT_TRUE(live->Next()->has_progress());
  syncs().Close();
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([this, i] {
      grpc::ClientContext context;
      v1::CommitPositionRequest request;
      request.set_subscription("s" + std::to_string(i));
      request.set_resume_token(
          Token{.log_id = log_.log().log_id(), .sequence = {5}, .gtids = {}}.ToString());
      v1::CommitPositionResponse response;
      EXPECT_TRUE(stub_->CommitPosition(&context, request, &response).ok());
      EXPECT_EQ(response.subscription().sequence(), 5u);
    });
  }
  syncs().AwaitHeld(1);
  ExpectLiveStreamContinues(*live);
  EXPECT_EQ(Status().subscriptions_size(), 1) << "the stream; no position is on disk yet";
  syncs().Open();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(Status().subscriptions_size(), 9);
}

TEST_F(SlowDiskTest, WaitingCallsAreRefusedAtStop) {
  reads().Close();
  v1::GetPositionRequest request;
  request.mutable_commit_time()->set_seconds(4);
  std::vector<std::thread> callers;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 6; ++i) {
    callers.emplace_back([this, &request, &refused] {
      grpc::ClientContext context;
      v1::GetPositionResponse response;
      if (stub_->GetPosition(&context, request, &response).ok()) return;
      if (Subscriber::DetailOf(context).reason() == "STOPPING") ++refused;
    });
  }
  reads().AwaitHeld(2);
  disk_.RequestStop();
  reads().Open();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(refused, 4);
}

}  // namespace
}  // namespace millrace::api

// SPDX-License-Identifier: Apache-2.0

// The snapshot calls of the Admin service.

#include "api/server_fixture.h"
#include "snapshot/jobs.h"

namespace millrace::api {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using AdminStub = v1::Admin::Stub;

class SnapshotsTest : public ServerTest {
 protected:
  // The log contains the snapshot s1 of shop.orders, as if a server had ended while reading it.
  SnapshotsTest() {
    config_.snapshot.mode = SnapshotMode::kNever;
    snapshot::StoredJob job;
    job.set_cause("request");
    const auto jobs = snapshot::Jobs::Open(log_.log(), Clock::System()).value();
    EXPECT_TRUE(jobs->Add(job, {{"shop", "orders"}}).ok());
    Start();
    admin_stub_ = v1::Admin::NewStub(channel_);
  }
  template <typename Request, typename Response>
  Response CallAdmin(grpc::Status (AdminStub::*method)(grpc::ClientContext*, const Request&,
                                                       Response*),
                     const Request& request) {
    grpc::ClientContext context;
    Response response;
    status_ = (admin_stub_.get()->*method)(&context, request, &response);
    detail_ = Subscriber::DetailOf(context);
    return response;
  }
  void StartSnapshot(const std::vector<std::string>& tables) {
    v1::StartSnapshotRequest request;
    request.mutable_tables()->Add(tables.begin(), tables.end());
    CallAdmin(&AdminStub::StartSnapshot, request);
  }

  // The state of the snapshot that a call by name returns.
  template <typename Request, typename Response>
  v1::Snapshot::State After(grpc::Status (AdminStub::*method)(grpc::ClientContext*, const Request&,
                                                              Response*),
                            const std::string& name) {
    Request request;
    request.set_snapshot(name);
    return CallAdmin(method, request).snapshot().state();
  }
  std::vector<v1::Snapshot> Listed() {
    const auto response = CallAdmin(&AdminStub::ListSnapshots, {});
    return {response.snapshots().begin(), response.snapshots().end()};
  }
  std::vector<v1::Snapshot> InStatus() {
    const auto response = CallAdmin(&AdminStub::GetStatus, {});
    return {response.snapshots().begin(), response.snapshots().end()};
  }

  std::unique_ptr<AdminStub> admin_stub_;
};

TEST_F(SnapshotsTest, WithoutTablesNothingStarts) {
  StartSnapshot({});
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(detail_.reason(), "REQUEST_INVALID");
  EXPECT_EQ(detail_.metadata().at("field"), "tables");
}

TEST_F(SnapshotsTest, InvalidPatternIsRefused) {
  StartSnapshot({"orders"});
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(detail_.reason(), "TABLE_PATTERN_MALFORMED");
}

TEST_F(SnapshotsTest, UnreachableSourceIsNamed) {
  StartSnapshot({"shop.*"});
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(detail_.reason(), "SOURCE_UNREACHABLE");
}

TEST_F(SnapshotsTest, CallsAfterStopAreRefused) {
  admin_->Stop();
  StartSnapshot({"shop.*"});
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(detail_.reason(), "STOPPING");
}

TEST_F(SnapshotsTest, SnapshotIsListedWithItsTables) {
  ASSERT_THAT(Listed(), SizeIs(1));
  const v1::Snapshot snapshot = Listed().front();
  EXPECT_EQ(snapshot.snapshot(), "s1");
  EXPECT_EQ(snapshot.state(), v1::Snapshot::STATE_RUNNING);
  EXPECT_EQ(snapshot.cause(), "request");
  ASSERT_THAT(snapshot.tables(), SizeIs(1));
  EXPECT_EQ(snapshot.tables(0).table(), "orders");
}

TEST_F(SnapshotsTest, SnapshotIsPausedResumedAndCanceled) {
  EXPECT_EQ(After(&AdminStub::PauseSnapshot, "s1"), v1::Snapshot::STATE_PAUSED);
  EXPECT_EQ(After(&AdminStub::ResumeSnapshot, "s1"), v1::Snapshot::STATE_RUNNING);
  EXPECT_EQ(After(&AdminStub::CancelSnapshot, "s1"), v1::Snapshot::STATE_CANCELED);
  EXPECT_EQ(Listed().front().state(), v1::Snapshot::STATE_CANCELED);
}

TEST_F(SnapshotsTest, StatusShowsUnfinishedSnapshots) {
  ASSERT_THAT(InStatus(), SizeIs(1));
  EXPECT_EQ(InStatus().front().snapshot(), "s1");
  After(&AdminStub::CancelSnapshot, "s1");
  EXPECT_THAT(InStatus(), IsEmpty());
}

TEST_F(SnapshotsTest, UnknownNameIsNotFound) {
  After(&AdminStub::PauseSnapshot, "s2");
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(detail_.reason(), "SNAPSHOT_NOT_FOUND");
  After(&AdminStub::ResumeSnapshot, "s2");
  EXPECT_EQ(detail_.reason(), "SNAPSHOT_NOT_FOUND");
  After(&AdminStub::CancelSnapshot, "");
  EXPECT_EQ(detail_.reason(), "SNAPSHOT_NOT_FOUND");
}

}  // namespace
}  // namespace millrace::api

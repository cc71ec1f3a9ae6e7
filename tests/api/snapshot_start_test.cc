// SPDX-License-Identifier: Apache-2.0

// Streams that start with the rows of a snapshot.

#include "api/server_fixture.h"
#include "base/error.h"
#include "base/reason.h"

namespace millrace::api {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;
using Tables = std::vector<TableName>;

class SnapshotStartTest : public ServerTest {
 protected:
  // Three rows in changes 1 to 5: the second is updated, the third is deleted.
  SnapshotStartTest() {
    log_.Transaction(
        1, {{.table = "keyed", .id = 1}, {.table = "keyed", .id = 2}, {.table = "keyed", .id = 3}});
    log_.Transaction(2, {{.table = "keyed", .operation = v1::OPERATION_UPDATE, .id = 2},
                         {.table = "keyed", .operation = v1::OPERATION_DELETE, .id = 3}});
    log_.Commit();
    ensure_ = [this](const std::vector<std::string>&) { return Ensure(); };
  }
  ~SnapshotStartTest() override { Stop(); }
  absl::StatusOr<Tables> Ensure() {
    absl::MutexLock lock(&mutex_);
    ++requests_;
    return result_;
  }
  void SetResult(absl::StatusOr<Tables> result) {
    absl::MutexLock lock(&mutex_);
    result_ = std::move(result);
  }
  void AwaitRequests(int count) {
    absl::MutexLock lock(&mutex_);
    const auto asked = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return requests_ >= count; };
    mutex_.Await(absl::Condition(&asked));
  }
  // After Start; only on the test's thread.
  void Cover(const std::string& table, uint64_t begin, bool complete = true) {
    coverage_->Set({"shop", table}, {.begin = {begin}, .complete = complete, .invalid_reason = ""});
    MILLRACE_CHECK(log_.log().PutRecords(coverage_->TakeUnstored()).ok());
    coverage_->MarkStored();
  }
  void StartCovered() {
    Start();
    Cover("keyed", 1);
  }
  static v1::SubscribeRequest Snapshot() {
    v1::SubscribeRequest request = From(v1::START_POINT_SNAPSHOT);
    request.mutable_progress_interval()->set_nanos(100'000'000);
    return request;
  }
  // The token of the first response with rows.
  std::string TokenInSnapshot() {
    v1::SubscribeRequest request = Snapshot();
    request.set_max_response_bytes(1024);
    const auto subscriber = Subscribe(request);
    while (true) {
      const auto response = subscriber->Next();
      if (response->transactions_size() > 0) return response->resume_token();
    }
  }
  // Adds rows that need several responses.
  void AddLargeRows() {
    for (uint64_t number = 3; number < 8; ++number) {
      log_.Transaction(
          number, {{.table = "keyed", .id = static_cast<uint32_t>(number), .note_bytes = 1000}});
    }
    log_.Commit();
  }
  v1::SubscribeRequest Resume(const std::string& token) {
    v1::SubscribeRequest request;
    request.set_resume_token(token);
    return request;
  }

  absl::Mutex mutex_;
  int requests_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::StatusOr<Tables> result_ ABSL_GUARDED_BY(mutex_) = Tables();
};

TEST_F(SnapshotStartTest, WaitingStreamHasNoLagInStatus) {
  SetResult(Tables{{"shop", "keyed"}});
  Start();
  const auto subscriber = Subscribe(Snapshot());
  AwaitRequests(1);
  grpc::ClientContext context;
  v1::GetStatusResponse response;
  ASSERT_TRUE(v1::Admin::NewStub(channel_)->GetStatus(&context, {}, &response).ok());
  ASSERT_THAT(response.subscriptions(), SizeIs(1));
  EXPECT_EQ(response.subscriptions(0).place(), v1::SubscriptionStatus::PLACE_IN_SNAPSHOT);
  EXPECT_EQ(response.subscriptions(0).lag_changes(), 0u);
  EXPECT_FALSE(response.subscriptions(0).has_lag());
}

TEST_F(SnapshotStartTest, RowsComeBeforeChanges) {
  StartCovered();
  const auto subscriber = Subscribe(Snapshot());
  const auto rows = subscriber->Changes(2);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].operation(), v1::OPERATION_READ);
  EXPECT_EQ(rows[0].sequence(), 4u);
  EXPECT_EQ(rows[1].sequence(), 1u);
  log_.Transaction(3, {{.table = "keyed", .id = 9}});
  log_.Commit();
  const auto changes = subscriber->Changes(1);
  EXPECT_EQ(changes.at(0).operation(), v1::OPERATION_INSERT);
  EXPECT_EQ(changes.at(0).sequence(), 6u);
}

TEST_F(SnapshotStartTest, RowsComeAsJsonOnRequest) {
  StartCovered();
  v1::SubscribeRequest request = Snapshot();
  request.set_row_encoding(v1::ROW_ENCODING_JSON);
  const auto rows = Subscribe(request)->Changes(1);
  EXPECT_EQ(rows.at(0).after_json(), R"({"id":2,"note":"cccccccccc"})");
}

TEST_F(SnapshotStartTest, WaitsForTablesBeingRead) {
  SetResult(Tables{{"shop", "keyed"}});
  Start();
  const auto subscriber = Subscribe(Snapshot());
  for (int i = 0; i < 3; ++i) {
    const auto response = subscriber->Next();
    EXPECT_TRUE(response->has_progress());
    EXPECT_EQ(response->transactions_size(), 0);
  }
  Cover("keyed", 1, /*complete=*/false);
  subscriber->Next();
  Cover("keyed", 1);
  EXPECT_THAT(subscriber->Sequences(2), ElementsAre(4, 1));
}

TEST_F(SnapshotStartTest, TokenOfWaitingStreamWaitsAgain) {
  SetResult(Tables{{"shop", "keyed"}});
  Start();
  const std::string token = Subscribe(Snapshot())->Next()->resume_token();
  const auto again = Subscribe(Resume(token));
  AwaitRequests(2);
  Cover("keyed", 1);
  EXPECT_THAT(again->Sequences(2), ElementsAre(4, 1));
}

TEST_F(SnapshotStartTest, InvalidatedTableIsRequestedAgain) {
  SetResult(Tables{{"shop", "other"}});
  StartCovered();
  const auto subscriber = Subscribe(Snapshot());
  AwaitRequests(1);
  subscriber->Next();
  Cover("keyed", 1, /*complete=*/false);
  AwaitRequests(2);
}

TEST_F(SnapshotStartTest, EnsureErrorEndsTheStream) {
  SetResult(MakeError(reason::kSnapshotUnavailable, "never"));
  Start();
  EXPECT_THAT(Refusal(Snapshot()),
              Pair("SNAPSHOT_UNAVAILABLE", grpc::StatusCode::FAILED_PRECONDITION));
}

TEST_F(SnapshotStartTest, UnknownTableNameIsRefused) {
  StartCovered();
  v1::SubscribeRequest request = Snapshot();
  request.add_tables("shop.nonesuch");
  EXPECT_THAT(Refusal(request), Pair("TABLE_UNKNOWN", grpc::StatusCode::INVALID_ARGUMENT));
}

TEST_F(SnapshotStartTest, EmptyTableUnknownToLogCanBeStreamed) {
  StartCovered();
  Cover("empty", 6);
  v1::SubscribeRequest request = Snapshot();
  request.add_tables("shop.empty");
  const auto subscriber = Subscribe(request);
  while (Token::Parse(subscriber->Next()->resume_token())->catch_up.has_value()) {
  }
  v1::SubscribeRequest again = Resume(subscriber->Next()->resume_token());
  again.add_tables("shop.empty");
  EXPECT_TRUE(Subscribe(again)->Next().has_value());
}

TEST_F(SnapshotStartTest, StreamAboveCatchUpLimitIsRefused) {
  SetResult(Tables{{"shop", "other"}});
  options_.catchups_max = 1;
  StartCovered();
  {
    const auto waiting = Subscribe(Snapshot());
    waiting->Next();
    EXPECT_THAT(Refusal(Snapshot()), Pair("CATCHUP_LIMIT", grpc::StatusCode::RESOURCE_EXHAUSTED));
  }
  // The slot is released with the last reference to the stream, shortly after the stream's end.
  while (!Subscribe(Snapshot())->Next().has_value()) std::this_thread::yield();
}

TEST_F(SnapshotStartTest, ResumesInMiddleOfSnapshot) {
  AddLargeRows();
  StartCovered();
  const auto again = Subscribe(Resume(TokenInSnapshot()));
  EXPECT_THAT(again->Sequences(6), ElementsAre(9, 8, 7, 6, 4, 1));
}

TEST_F(SnapshotStartTest, StoredPositionResumesInMiddleOfSnapshot) {
  AddLargeRows();
  StartCovered();
  v1::CommitPositionRequest commit;
  commit.set_subscription("billing");
  commit.set_resume_token(TokenInSnapshot());
  Call(&v1::ChangeFeed::Stub::CommitPosition, commit);
  EXPECT_TRUE(status_.ok()) << status_.error_message();
  v1::SubscribeRequest request;
  request.set_subscription("billing");
  EXPECT_THAT(Subscribe(request)->Sequences(6), ElementsAre(9, 8, 7, 6, 4, 1));
}

TEST_F(SnapshotStartTest, ResumeWithOtherTablesIsRefused) {
  AddLargeRows();
  StartCovered();
  v1::SubscribeRequest request = Resume(TokenInSnapshot());
  request.add_tables("shop.keyed");
  EXPECT_THAT(Refusal(request), Pair("REQUEST_INVALID", grpc::StatusCode::INVALID_ARGUMENT));
}

TEST_F(SnapshotStartTest, ResumesAfterTableWasTruncatedOrReadAgain) {
  AddLargeRows();
  StartCovered();
  const std::string token = TokenInSnapshot();
  Cover("keyed", 11);
  EXPECT_THAT(Subscribe(Resume(token))->Sequences(6), ElementsAre(9, 8, 7, 6, 4, 1));
  Cover("keyed", 11, /*complete=*/false);
  EXPECT_THAT(Subscribe(Resume(token))->Sequences(6), ElementsAre(9, 8, 7, 6, 4, 1));
}

TEST_F(SnapshotStartTest, OldTokenExpiresWhenTableIsReadAgain) {
  AddLargeRows();
  StartCovered();
  Token token = Token::Parse(TokenInSnapshot()).value();
  token.catch_up->tables.reset();
  EXPECT_THAT(Subscribe(Resume(token.ToString()))->Sequences(6), ElementsAre(9, 8, 7, 6, 4, 1));
  Cover("keyed", 7);
  EXPECT_THAT(Refusal(Resume(token.ToString())),
              Pair("SNAPSHOT_EXPIRED", grpc::StatusCode::OUT_OF_RANGE));
}

TEST_F(SnapshotStartTest, UncapturedTableIsRefusedByName) {
  StartCovered();
  coverage_->Set({"shop", "keyed"},
                 {.begin = {1}, .invalid_reason = std::string(coverage::kNotCaptured)});
  MILLRACE_CHECK(log_.log().PutRecords(coverage_->TakeUnstored()).ok());
  coverage_->MarkStored();
  v1::SubscribeRequest request = Snapshot();
  request.add_tables("shop.keyed");
  EXPECT_THAT(Refusal(request),
              Pair("SNAPSHOT_UNAVAILABLE", grpc::StatusCode::FAILED_PRECONDITION));
}

TEST_F(SnapshotStartTest, TokenInSnapshotIsRefusedAsUntil) {
  AddLargeRows();
  StartCovered();
  v1::SubscribeRequest request = Earliest();
  request.set_until_token(TokenInSnapshot());
  EXPECT_THAT(Refusal(request), Pair("REQUEST_INVALID", grpc::StatusCode::INVALID_ARGUMENT));
}

TEST_F(SnapshotStartTest, BoundedReadEndsAfterTheRows) {
  StartCovered();
  v1::SubscribeRequest request = Snapshot();
  request.set_until_token(TokenAt(5));
  const auto subscriber = Subscribe(request);
  EXPECT_THAT(subscriber->Sequences(2), ElementsAre(4, 1));
  EXPECT_TRUE(subscriber->Finish().ok());
}

TEST_F(SnapshotStartTest, WithoutReadsOnlyChangesAreSent) {
  SetResult(Tables{{"shop", "other"}});
  StartCovered();
  v1::SubscribeRequest request = Snapshot();
  request.add_operations(v1::OPERATION_INSERT);
  const auto subscriber = Subscribe(request);
  subscriber->Next();
  log_.Transaction(3, {{.table = "keyed", .id = 9}});
  log_.Commit();
  EXPECT_THAT(subscriber->Sequences(1), ElementsAre(6));
}

}  // namespace
}  // namespace millrace::api

// SPDX-License-Identifier: Apache-2.0

// Runs `millrace snapshot` against a scripted server.
#include <signal.h>

#include "client/fake_feed.h"
#include "client/program.h"
#include "client/table_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "millrace/client.h"
#include "millrace/error.h"

namespace millrace::command {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Table = v1::SnapshotTable;

v1::Snapshot MakeSnapshot(const std::string& name, v1::Snapshot::State state, Table::State orders,
                          uint64_t rows = 0) {
  v1::Snapshot snapshot;
  snapshot.set_snapshot(name);
  snapshot.set_state(state);
  snapshot.set_cause("request");
  Table& table = *snapshot.add_tables();
  table.set_database("shop");
  table.set_table("orders");
  table.set_state(orders);
  table.set_rows_read(rows);
  table.set_rows_estimate(1000);
  if (orders == Table::STATE_FAILED) {
    table.set_error("SELECT denied on shop.orders");
    table.set_error_reason("SOURCE_ACCESS_DENIED");
  }
  return snapshot;
}

v1::ListSnapshotsResponse List(const std::vector<v1::Snapshot>& snapshots) {
  v1::ListSnapshotsResponse list;
  list.mutable_snapshots()->Add(snapshots.begin(), snapshots.end());
  return list;
}

v1::Snapshot Running(const std::string& name, uint64_t rows = 0) {
  return MakeSnapshot(name, v1::Snapshot::STATE_RUNNING, Table::STATE_READING, rows);
}
v1::Snapshot Done(const std::string& name, uint64_t rows = 1000) {
  return MakeSnapshot(name, v1::Snapshot::STATE_DONE, Table::STATE_DONE, rows);
}
v1::Snapshot Failed(const std::string& name) {
  return MakeSnapshot(name, v1::Snapshot::STATE_DONE, Table::STATE_FAILED);
}

class SnapshotCommandTest : public ::testing::Test {
 protected:
  std::vector<std::string> Words(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {MILLRACE_COMMAND, "--server", feed_.address(), "snapshot"});
    return arguments;
  }
  Outcome Snapshot(const std::vector<std::string>& arguments) const {
    return RunProgram(Words(arguments));
  }

  client::FakeFeed feed_;
};

TEST_F(SnapshotCommandTest, WrongUsageExitsWithTwo) {
  const std::vector<std::vector<std::string>> wrong = {
      {}, {"bogus"}, {"start"}, {"pause"}, {"resume"}, {"cancel"}, {"pause", "a", "b"}};
  for (const auto& arguments : wrong) EXPECT_EQ(Snapshot(arguments).exit_code, 2);
}

TEST_F(SnapshotCommandTest, StartSendsAllOptions) {
  feed_.SetSnapshots({List({Running("s-1")})});
  const Outcome outcome = Snapshot({"start", "shop.orders", "!shop.audit", "--where",
                                    "status = 'new'", "--key-from", "10", "--key-to", "20"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, HasSubstr("s-1"));
  ASSERT_THAT(feed_.snapshot_requests(), SizeIs(1));
  const v1::StartSnapshotRequest request = feed_.snapshot_requests().front();
  EXPECT_THAT(request.tables(), ElementsAre("shop.orders", "!shop.audit"));
  EXPECT_EQ(request.where(), "status = 'new'");
  EXPECT_EQ(request.key_from(), "10");
  EXPECT_EQ(request.key_to(), "20");
}

TEST_F(SnapshotCommandTest, RefusedStartExitsWithOne) {
  const Outcome outcome = Snapshot({"start", "shop.nothing"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("[TABLE_UNKNOWN]"));
}

TEST_F(SnapshotCommandTest, WaitEndsWithSnapshot) {
  feed_.SetSnapshots({List({Running("s-1", 10), Running("s-2")}),
                      List({Running("s-1", 500), Running("s-2")}),
                      List({Done("s-1"), Running("s-2")})});
  const Outcome outcome = Snapshot({"start", "shop.orders", "--wait"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output,
            "s-1 shop.orders: reading, 10 of about 1,000 rows\n"
            "s-1 shop.orders: done, 1,000 rows\n");
}

TEST_F(SnapshotCommandTest, WaitFailsIfTableFailed) {
  feed_.SetSnapshots({List({Running("s-1")}), List({Failed("s-1")})});
  const Outcome outcome = Snapshot({"start", "shop.orders", "--wait"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("SELECT denied on shop.orders [SOURCE_ACCESS_DENIED]"));
  EXPECT_THAT(outcome.output, HasSubstr("millrace snapshot resume s-1"));
}

TEST_F(SnapshotCommandTest, WatchFailsIfSnapshotWasCanceled) {
  feed_.SetSnapshots(
      {List({MakeSnapshot("s-1", v1::Snapshot::STATE_CANCELED, Table::STATE_WAITING)})});
  const Outcome outcome = Snapshot({"watch", "s-1"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("snapshot s-1 was canceled"));
}

TEST_F(SnapshotCommandTest, WatchWithoutNameFollowsRunningSnapshots) {
  feed_.SetSnapshots({List({Running("s-2"), Failed("s-1")}), List({Done("s-2"), Failed("s-1")})});
  const Outcome outcome = Snapshot({"watch"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, Not(HasSubstr("s-1")));
  EXPECT_THAT(outcome.output, HasSubstr("s-2 shop.orders: done"));
}

TEST_F(SnapshotCommandTest, WatchOfUnknownNameExitsWithOne) {
  feed_.SetSnapshots({List({Running("s-1")})});
  EXPECT_EQ(Snapshot({"watch", "s-7"}).exit_code, 1);
}

TEST_F(SnapshotCommandTest, SignalEndsWaitWithError) {
  feed_.SetSnapshots({List({Running("s-1", 10)})});
  Program watch(Words({"watch", "s-1"}));
  EXPECT_THAT(watch.ReadLine(), HasSubstr("s-1 shop.orders: reading"));
  watch.Signal(SIGINT);
  const Outcome outcome = watch.Wait();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("the snapshot continues"));
}

TEST_F(SnapshotCommandTest, JsonIsOneObjectAtEnd) {
  feed_.SetSnapshots({List({Running("s-1")}), List({Done("s-1")})});
  const Outcome outcome = Snapshot({"start", "shop.orders", "--wait", "--json"});
  EXPECT_THAT(outcome.output, ::testing::StartsWith("{\n \"snapshot\": \"s-1\""));
  EXPECT_THAT(outcome.output, HasSubstr("\"state\": \"STATE_DONE\""));
  EXPECT_THAT(outcome.output, Not(HasSubstr("STATE_READING")));
}

TEST_F(SnapshotCommandTest, NamedCallsReachServer) {
  feed_.SetSnapshots({List({Running("s-1")})});
  for (const char* verb : {"pause", "resume", "cancel"}) {
    EXPECT_EQ(Snapshot({verb, "s-1"}).exit_code, 0);
    const Outcome unknown = Snapshot({verb, "s-2"});
    EXPECT_EQ(unknown.exit_code, 1);
    EXPECT_THAT(unknown.output, HasSubstr("[SNAPSHOT_NOT_FOUND]: see millrace snapshot list"));
  }
  EXPECT_THAT(feed_.snapshot_calls(), ElementsAre("pause s-1", "pause s-2", "resume s-1",
                                                  "resume s-2", "cancel s-1", "cancel s-2"));
}

TEST_F(SnapshotCommandTest, ListShowsFailuresBelow) {
  EXPECT_THAT(Snapshot({"list"}).output, HasSubstr("no snapshot"));
  feed_.SetSnapshots({List({Running("s-2", 2500), Failed("s-1")})});
  const std::string output = Snapshot({"list"}).output;
  EXPECT_THAT(output, HasSubstr("2,500"));
  EXPECT_THAT(output, HasSubstr("s-1 shop.orders: failed: SELECT denied"));
  EXPECT_THAT(Snapshot({"list", "--json"}).output, HasSubstr("\"rows_read\": \"2500\""));
}

TEST_F(SnapshotCommandTest, TailFromSnapshotRequestsSnapshot) {
  feed_.Add(client::Responses({client::Numbered("a", {1})}));
  RunProgram({MILLRACE_COMMAND, "--server", feed_.address(), "tail", "--json", "--from", "snapshot",
              "--limit", "1"});
  ASSERT_THAT(feed_.requests(), SizeIs(1));
  EXPECT_EQ(feed_.requests().front().at(), v1::START_POINT_SNAPSHOT);
}

TEST_F(SnapshotCommandTest, SnapshotHasNoToken) {
  const Outcome outcome =
      RunProgram({MILLRACE_COMMAND, "--server", feed_.address(), "position", "snapshot"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("only a start for tail"));
  EXPECT_THAT(feed_.position_requests(), IsEmpty());
}

TEST_F(SnapshotCommandTest, LibraryCallsReachServer) {
  feed_.SetSnapshots({List({Running("s-1")})});
  const auto client = *client::Client::Connect({.address = feed_.address()});
  EXPECT_EQ(client->StartSnapshot({})->snapshot().snapshot(), "s-1");
  EXPECT_EQ(client->ListSnapshots({})->snapshots_size(), 1);
  v1::CancelSnapshotRequest request;
  request.set_snapshot("s-9");
  EXPECT_EQ(client::ErrorReasonOf(client->CancelSnapshot(request).status()), "SNAPSHOT_NOT_FOUND");
}

}  // namespace
}  // namespace millrace::command

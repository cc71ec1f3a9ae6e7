// SPDX-License-Identifier: Apache-2.0

// Runs the built command against a scripted server.
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "absl/time/clock.h"
#include "client/fake_feed.h"
#include "client/program.h"
#include "client/scratch_directory.h"
#include "client/table_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "token_file.h"

namespace millrace::command {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class CommandTest : public ::testing::Test {
 protected:
  std::vector<std::string> Words(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {MILLRACE_COMMAND, "--server", feed_.address()});
    return arguments;
  }
  Outcome Millrace(const std::vector<std::string>& arguments) const {
    return RunProgram(Words(arguments));
  }
  std::string TokenPath() const { return scratch_.path() / "token"; }
  std::string StoredToken() const { return TokenFile(TokenPath()).Load()->value_or(""); }

  client::FakeFeed feed_;
  ScratchDirectory scratch_;
};

TEST_F(CommandTest, WrongUsageExitsWithTwo) {
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"bogus"},
                                                       {"tail", "--bogus"},
                                                       {"tail", "--from", "2030-01-01T00:00:00"},
                                                       {"tail", "--operations", "merge"},
                                                       {"tail", "--limit", "many"},
                                                       {"subscriptions", "commit", "name"},
                                                       {"proto"}};
  for (const auto& arguments : wrong) EXPECT_EQ(Millrace(arguments).exit_code, 2);
}

TEST_F(CommandTest, WrongUsageNamesHelp) {
  EXPECT_THAT(Millrace({"tail", "--limit", "x"}).output, HasSubstr("; see millrace tail --help\n"));
  EXPECT_THAT(Millrace({"bogus"}).output, HasSubstr("no such command: bogus"));
}

TEST_F(CommandTest, EveryCommandHasHelpAndVersion) {
  const std::vector<std::vector<std::string>> commands = {
      {}, {"tail"}, {"status"}, {"tables"}, {"proto", "export"}, {"subscriptions", "commit"}};
  for (std::vector<std::string> command : commands) {
    command.push_back("--help");
    EXPECT_THAT(Millrace(command).output, HasSubstr("Usage: millrace"));
    command.back() = "--version";
    EXPECT_THAT(Millrace(command).output, ::testing::StartsWith("millrace "));
    EXPECT_EQ(Millrace(command).exit_code, 0);
  }
}

TEST_F(CommandTest, UnreachableServerExitsWithOne) {
  std::string gone;
  gone = client::FakeFeed().address();
  const Outcome outcome = RunProgram({MILLRACE_COMMAND, "tail", "--server", gone});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("cannot reach the server at " + gone));
}

TEST_F(CommandTest, TailPrintsTypedRows) {
  feed_.SetTable(client::Customers());
  feed_.Add(client::Responses(
      {client::MakeResponse("a", {client::MakeChange(1, v1::OPERATION_INSERT, client::Customers(),
                                                     "", R"(id: 7 name: "Anna Berg")")})}));
  const Outcome outcome = Millrace({"tail", "--limit", "1"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, HasSubstr("  insert    inventory.customers  id=7  "
                                        "name='Anna Berg'  email=NULL\n"));
}

TEST_F(CommandTest, TransactionInSeveralPartsHasOneHeader) {
  v1::SubscribeResponse first = client::Numbered("a", {1});
  first.mutable_transactions(0)->set_more(true);
  feed_.Add(client::Responses({first, client::Numbered("b", {2}), client::Numbered("c", {3})}));
  const std::string output = Millrace({"tail", "--limit", "3"}).output;
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 5) << output;
}

TEST_F(CommandTest, TailIsPlainWithoutTerminal) {
  feed_.Add(client::Responses({client::Numbered("a", {1})}));
  EXPECT_THAT(Millrace({"tail", "--limit", "1"}).output, Not(HasSubstr("\x1b")));
}

TEST_F(CommandTest, LimitCutsBatch) {
  feed_.Add(client::Responses({client::Numbered("a", {1, 2, 3, 4})}));
  const std::string output = Millrace({"tail", "--json", "--limit", "2"}).output;
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 2) << output;
  EXPECT_THAT(output, Not(HasSubstr("resume_token")));
}

TEST_F(CommandTest, JsonTokenIsOnLastChangeOfBatch) {
  feed_.Add(client::Responses({client::Numbered("a", {1, 2})}));
  Program tail(Words({"tail", "--json", "--limit", "2"}));
  EXPECT_THAT(tail.ReadLine(), Not(HasSubstr("resume_token")));
  EXPECT_THAT(tail.ReadLine(), HasSubstr(R"("after":{"id":7},"resume_token":"a"})"));
}

TEST_F(CommandTest, OptionsReachTheServer) {
  feed_.Add(client::Responses({client::Numbered("a", {1})}));
  Millrace({"tail", "--json", "--limit", "1", "--tables", "shop.*,!shop.audit", "--operations",
            "insert", "DELETE", "--until", "latest"});
  ASSERT_THAT(feed_.requests(), SizeIs(1));
  const v1::SubscribeRequest request = feed_.requests().front();
  EXPECT_THAT(request.tables(), ::testing::ElementsAre("shop.*", "!shop.audit"));
  EXPECT_THAT(request.operations(),
              ::testing::ElementsAre(v1::OPERATION_INSERT, v1::OPERATION_DELETE));
  EXPECT_EQ(request.row_encoding(), v1::ROW_ENCODING_JSON);
  EXPECT_EQ(request.until_token(), "latest");
}

TEST_F(CommandTest, TailSendsClientName) {
  for (int i = 0; i < 2; ++i) feed_.Add(client::Responses({client::Numbered("a", {1})}));
  Millrace({"tail", "--json", "--limit", "1"});
  Millrace({"tail", "--json", "--limit", "1", "--client-name", "Zoë's laptop"});
  ASSERT_THAT(feed_.requests(), SizeIs(2));
  EXPECT_THAT(feed_.requests()[0].client_name(), ::testing::StartsWith("millrace tail@"));
  EXPECT_EQ(feed_.requests()[1].client_name(), "Zoë's laptop");
}

TEST_F(CommandTest, TokenFileCoversPrintedChanges) {
  feed_.Add(client::Responses({client::Numbered("a", {1}), client::Numbered("b", {2})}));
  Millrace({"tail", "--json", "--limit", "2", "--token-file", TokenPath()});
  EXPECT_EQ(StoredToken(), "b");
}

TEST_F(CommandTest, TokenFileWinsOverFrom) {
  ASSERT_TRUE(TokenFile(TokenPath()).Store("kept").ok());
  Millrace({"tail", "--from", "earliest", "--token-file", TokenPath()});
  ASSERT_THAT(feed_.requests(), SizeIs(1));
  EXPECT_EQ(feed_.requests()[0].resume_token(), "kept");
}

TEST_F(CommandTest, NewTokenFileContainsStart) {
  feed_.SetPositions({"start"});
  Millrace({"tail", "--token-file", TokenPath()});
  EXPECT_EQ(StoredToken(), "start");
}

TEST_F(CommandTest, LimitWithTokenFileEndsAtToken) {
  feed_.Add(client::Responses({client::Numbered("a", {1, 2, 3})}));
  const std::string output =
      Millrace({"tail", "--json", "--limit", "1", "--token-file", TokenPath()}).output;
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 3) << output;
  EXPECT_EQ(StoredToken(), "a");
}

TEST_F(CommandTest, TokenStaysBeforeMalformedRow) {
  v1::SubscribeResponse bad = client::MakeResponse(
      "bad", {client::MakeChange(2, v1::OPERATION_INSERT, client::Customers(), "", "id: 7")});
  bad.mutable_transactions(0)->mutable_changes(0)->mutable_after()->set_value("\xff");
  feed_.SetTable(client::Customers());
  feed_.Add(client::Responses({client::Numbered("a", {1}), bad}));
  EXPECT_EQ(Millrace({"tail", "--token-file", TokenPath()}).exit_code, 1);
  EXPECT_EQ(StoredToken(), "a");
}

TEST_F(CommandTest, TokenStaysBeforeUnwrittenOutput) {
  feed_.SetPositions({"start"});
  feed_.Add(client::Hang({client::Numbered("a", {1})}));
  const Outcome outcome =
      RunProgram({"/bin/sh", "-c",
                  std::string(MILLRACE_COMMAND) + " tail --server " + feed_.address() +
                      " --token-file " + TokenPath() + " >/dev/full"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("cannot write to standard output"));
  EXPECT_EQ(StoredToken(), "start");
}

TEST_F(CommandTest, SignalEndsTailCleanly) {
  feed_.Add(client::Hang({client::Numbered("a", {1})}));
  Program tail(Words({"tail", "--json"}));
  EXPECT_THAT(tail.ReadLine(), HasSubstr("\"sequence\":1"));
  tail.Signal(SIGINT);
  const Outcome outcome = tail.Wait();
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "");
}

TEST_F(CommandTest, TrimmedTokenNamesOldestToken) {
  feed_.Add(client::FailureWithReason(grpc::StatusCode::OUT_OF_RANGE, "TOKEN_TRIMMED",
                                      {{"oldest_token", "OLDEST"}}));
  const Outcome outcome = Millrace({"tail", "--from", "token:old"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("OLDEST (--from earliest)"));
}

TEST_F(CommandTest, TailStartsFromStoredSubscription) {
  EXPECT_EQ(Millrace({"subscriptions", "commit", "billing", "T"}).exit_code, 0);
  EXPECT_EQ(feed_.subscriptions().at("billing"), "T");
  Millrace({"tail", "--from", "subscription:billing"});
  EXPECT_EQ(feed_.requests().at(0).resume_token(), "T");
  EXPECT_THAT(Millrace({"subscriptions"}).output, HasSubstr("billing"));
  EXPECT_EQ(Millrace({"subscriptions", "delete", "billing"}).exit_code, 0);
  EXPECT_EQ(Millrace({"subscriptions", "delete", "billing"}).exit_code, 1);
}

TEST_F(CommandTest, PositionAndStatusPrintJson) {
  EXPECT_THAT(Millrace({"position", "earliest"}).output, HasSubstr("sequence  1,234,567\n"));
  EXPECT_THAT(Millrace({"position", "--json"}).output, HasSubstr("\"sequence\": \"1234567\""));
  v1::GetStatusResponse status;
  status.set_version("9.9");
  feed_.SetStatus(status);
  EXPECT_THAT(Millrace({"status", "--json"}).output, HasSubstr("\"version\": \"9.9\""));
  EXPECT_THAT(Millrace({"status"}).output, HasSubstr("9.9"));
}

TEST_F(CommandTest, TablesListsTablesOrColumns) {
  feed_.SetTable(client::Customers());
  EXPECT_THAT(Millrace({"tables"}).output, HasSubstr("inventory.customers        1"));
  EXPECT_THAT(Millrace({"tables", "inventory.customers"}).output, HasSubstr("varchar(20)"));
  EXPECT_EQ(Millrace({"tables", "inventory.nothing"}).exit_code, 1);
}

TEST_F(CommandTest, UnmatchedPatternFails) {
  const std::vector<std::vector<std::string>> commands = {
      {"tables"}, {"tables", "--json"}, {"proto", "export", "--out", scratch_.path() / "out"}};
  feed_.SetTable(client::Customers());
  for (std::vector<std::string> command : commands) {
    command.insert(command.end(), {"inventory.*", "nope.*", "inventory.custmers"});
    const Outcome outcome = Millrace(command);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.output,
              "millrace: the server knows no table that matches nope.* or inventory.custmers: see "
              "millrace tables\n");
  }
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() / "out"));
  EXPECT_EQ(Millrace({"tables", "inventory.*", "!inventory.customers"}).exit_code, 1);
  EXPECT_EQ(Millrace({"tables", "!inventory.customers"}).exit_code, 1);
}

TEST_F(CommandTest, ExportWithoutTablesFails) {
  EXPECT_EQ(Millrace({"tables"}).exit_code, 0);
  const Outcome outcome = Millrace({"proto", "export", "--out", scratch_.path() / "out"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("so there are no row types"));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() / "out"));
}

TEST_F(CommandTest, TailWarnsAboutUnmatchedPattern) {
  feed_.SetTable(client::Customers());
  feed_.Add(client::Responses({client::Numbered("a", {1})}));
  const std::string output =
      Millrace({"tail", "--json", "--limit", "1", "--tables", "inventory.*,nope.*"}).output;
  EXPECT_THAT(output, HasSubstr("millrace: the server knows no table that matches nope.* yet"));
  EXPECT_THAT(output, Not(HasSubstr("matches inventory")));
}

TEST_F(CommandTest, UnknownPlaceIsNamedWithForms) {
  feed_.RefusePositions("TOKEN_MALFORMED");
  const Outcome outcome = Millrace({"tail", "--from", "yesterday"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("`yesterday` is not a place in the log"));
  EXPECT_THAT(outcome.output, HasSubstr("how long ago (90s, 30m, 1h, 2d)"));
  EXPECT_THAT(Millrace({"position", "token:x"}).output, HasSubstr("refused by the script"));
}

TEST_F(CommandTest, AgoReachesServerAsTime) {
  Millrace({"tail", "--from", "1h"});
  const std::vector<v1::GetPositionRequest> asked = feed_.position_requests();
  ASSERT_THAT(asked, SizeIs(1));
  const absl::Time time = absl::FromUnixSeconds(asked[0].commit_time().seconds());
  EXPECT_LT(absl::AbsDuration(absl::Now() - absl::Hours(1) - time), absl::Minutes(1));
}

TEST_F(CommandTest, FutureStartIsWrongUsage) {
  const Outcome outcome = Millrace({"tail", "--from", "2999-05-01T12:00:00Z"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.output, HasSubstr("is in the future: the newest place is latest"));
  EXPECT_THAT(feed_.position_requests(), SizeIs(0));
}

TEST_F(CommandTest, TemporaryRefusalIsShownWithReason) {
  feed_.Add(client::FailureWithReason(grpc::StatusCode::RESOURCE_EXHAUSTED, "STREAM_LIMIT"));
  feed_.Add(client::Responses({client::Numbered("a", {1})}));
  const std::string output = Millrace({"tail", "--json", "--limit", "1"}).output;
  EXPECT_THAT(output, HasSubstr("refused by the script [STREAM_LIMIT], retrying in"));
  EXPECT_THAT(output, Not(HasSubstr("lost ")));
}

// gRPC must not log its own lines before ours.
TEST_F(CommandTest, ConnectionFailureIsOneLine) {
  for (const char* option : {"--tls", "--no-color"}) {
    client::FakeFeed plain;
    const std::string address = option == std::string("--tls") ? plain.address() : "[bad";
    const Outcome outcome = RunProgram({MILLRACE_COMMAND, "status", "--server", address, option});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("millrace: "));
  }
}

TEST_F(CommandTest, InvalidCaFileIsNamedAsCause) {
  const Outcome outcome = Millrace({"status", "--ca", "/etc/hostname"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("the TLS files cannot be used"));
}

TEST_F(CommandTest, ExportedProtosCompile) {
  feed_.SetTable(client::Customers());
  const std::string directory = scratch_.path();
  ASSERT_EQ(Millrace({"proto", "export", "--out", directory}).exit_code, 0);
  const Outcome compiled = RunProgram({MILLRACE_PROTOC, "-I", directory, "--cpp_out=" + directory,
                                       directory + "/db/inventory/customers.proto",
                                       directory + "/millrace/v1/change_feed.proto",
                                       directory + "/millrace/v1/error.proto"});
  EXPECT_EQ(compiled.exit_code, 0) << compiled.output;
  EXPECT_TRUE(std::filesystem::exists(scratch_.path() / "db/inventory/customers.pb.h"));
}

TEST_F(CommandTest, ExportStaysInDirectory) {
  v1::Table table = client::Customers();
  table.set_proto_path("../outside.proto");
  feed_.SetTable(table);
  EXPECT_EQ(Millrace({"proto", "export", "--out", scratch_.path() / "in"}).exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() / "outside.proto"));
}

}  // namespace
}  // namespace millrace::command

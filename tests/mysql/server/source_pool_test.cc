// SPDX-License-Identifier: Apache-2.0

#include "mysql/source_pool.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mysql/current_position.h"
#include "mysql/server/source_fixture.h"
#include "support/temp_directory.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;

using SourcePoolTest = SourceTest;

// An address that leads to one server, and after LeadTo to another.
class MovingAddress {
 public:
  explicit MovingAddress(const testing::SourceServer& server) { LeadTo(server); }
  void LeadTo(const testing::SourceServer& server) {
    fs::remove(socket());
    fs::create_symlink(server.socket(), socket());
  }
  SourceOptions OptionsFor(const testing::SourceServer& server) const {
    SourceOptions options = millrace::OptionsFor(server);
    options.socket = socket();
    return options;
  }

 private:
  fs::path socket() const { return directory_.path() / "socket"; }
  testing::TempDirectory directory_;
};

TEST_P(SourcePoolTest, GenerationChangesWithTheServer) {
  const auto first = Start();
  const auto second =
      Start(mysql() ? std::vector<std::string>{} : std::vector<std::string>{"--server-id=77"});
  MovingAddress address(*first);
  SourcePool pool(address.OptionsFor(*first));
  const auto generation = pool.ConnectToCurrent().value().generation;
  EXPECT_EQ(pool.ConnectToCurrent().value().generation, generation);
  EXPECT_TRUE(pool.ConnectTo(generation).ok());
  address.LeadTo(*second);
  EXPECT_EQ(ErrorReason(pool.ConnectTo(generation).status()), "SOURCE_DIFFERS");
  EXPECT_EQ(ErrorReason(pool.OpenStream(generation, {}, {}).status()), "SOURCE_DIFFERS");
  const auto next = pool.ConnectToCurrent().value().generation;
  EXPECT_GT(next, generation);
  EXPECT_TRUE(pool.ConnectTo(next).ok());
  EXPECT_EQ(ErrorReason(pool.ConnectTo(generation).status()), "SOURCE_DIFFERS");
}

TEST_P(SourcePoolTest, EachConnectionReadsThePasswordAgain) {
  const auto server = Start();
  const SourceOptions options = OptionsFor(*server);
  SourcePool pool(options);
  const auto generation = pool.ConnectToCurrent().value().generation;
  setenv(options.password_env.c_str(), "wr0ng-secret", 1);
  EXPECT_EQ(ErrorReason(pool.Connect().status()), "SOURCE_AUTHENTICATION_FAILED");
  EXPECT_EQ(ErrorReason(pool.ConnectTo(generation).status()), "SOURCE_AUTHENTICATION_FAILED");
  setenv(options.password_env.c_str(), testing::kFeedPassword, 1);
  EXPECT_TRUE(pool.ConnectTo(generation).ok());
}

// A server ends the stream of a replica that opens another one with the same server id.
TEST_P(SourcePoolTest, StreamWithoutServerIdEndsNoOther) {
  const auto server = Start();
  SourcePool pool(OptionsFor(*server));
  const SourcePool::CurrentConnection current = pool.ConnectToCurrent().value();
  const SourcePosition from = CurrentPosition(*current.connection).value();
  const auto stream = pool.OpenStream(current.generation, from, {}).value();
  ASSERT_TRUE(stream->Read().ok());
  const auto without_server_id =
      pool.OpenStream(current.generation, {.file = from.file, .offset = from.offset, .gtids = {}},
                      {.at_end = AtBinlogEnd::kEnd, .without_server_id = true})
          .value();
  while (without_server_id->Read().ok()) continue;
  EXPECT_TRUE(without_server_id->ended());
  server->MustConnect().MustExecute("CREATE DATABASE d");
  constexpr char kQuery = 2;
  absl::StatusOr<std::string_view> event = stream->Read();
  while (event.ok() && event->at(4) != kQuery) event = stream->Read();
  EXPECT_TRUE(event.ok()) << event.status();
}

MILLRACE_BOTH_SERVERS(SourcePoolTest);

}  // namespace
}  // namespace millrace

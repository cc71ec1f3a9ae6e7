// SPDX-License-Identifier: Apache-2.0

#include "mysql/source_pool.h"

#include <gtest/gtest.h>

#include <string_view>

#include "base/error.h"
#include "mysql/current_position.h"
#include "mysql/server/source_fixture.h"

namespace millrace {
namespace {

using SourcePoolTest = SourceTest;

TEST_P(SourcePoolTest, ConnectionToAnotherServerIsRefused) {
  const auto server = Start();
  SourceOptions options = OptionsFor(*server);
  options.server_id = 99;
  const SourcePool pool(options);
  const auto connection = pool.Connect().value();
  ServerInfo other = connection->info();
  if (mysql()) {
    other.server_uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  } else {
    ++other.server_id;
  }
  EXPECT_TRUE(pool.ConnectTo(connection->info()).ok());
  EXPECT_EQ(ErrorReason(pool.ConnectTo(other).status()), "SOURCE_DIFFERS");
  const SourcePosition position = CurrentPosition(*connection).value();
  EXPECT_TRUE(pool.OpenStream(connection->info(), position, {}).ok());
  EXPECT_EQ(ErrorReason(pool.OpenStream(other, position, {}).status()), "SOURCE_DIFFERS");
}

// Servers end the stream of a replica that asks for another one.
TEST_P(SourcePoolTest, StreamBesideAnotherDoesNotEndIt) {
  const auto server = Start();
  SourceOptions options = OptionsFor(*server);
  options.server_id = 99;
  const SourcePool pool(options);
  const auto connection = pool.Connect().value();
  const SourcePosition from = CurrentPosition(*connection).value();
  const auto stream = pool.OpenStream(connection->info(), from, {}).value();
  ASSERT_TRUE(stream->Read().ok());
  const auto beside =
      pool.OpenStream(connection->info(), {.file = from.file, .offset = from.offset, .gtids = {}},
                      {.at_end = AtBinlogEnd::kEnd, .beside = true})
          .value();
  while (beside->Read().ok()) continue;
  EXPECT_TRUE(beside->ended());
  server->MustConnect().MustExecute("CREATE DATABASE d");
  constexpr char kQuery = 2;
  absl::StatusOr<std::string_view> event = stream->Read();
  while (event.ok() && event->at(4) != kQuery) event = stream->Read();
  EXPECT_TRUE(event.ok()) << event.status();
}

MILLRACE_BOTH_SERVERS(SourcePoolTest);

}  // namespace
}  // namespace millrace

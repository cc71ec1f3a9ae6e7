// SPDX-License-Identifier: Apache-2.0

#include "mysql/source_pool.h"

#include <gtest/gtest.h>

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

MILLRACE_BOTH_SERVERS(SourcePoolTest);

}  // namespace
}  // namespace millrace

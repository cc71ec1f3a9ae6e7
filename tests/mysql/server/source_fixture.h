// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/source_options.h"
#include "gtest/gtest.h"
#include "model/source_position.h"
#include "mysql/binlog_stream.h"
#include "mysql/connection.h"
#include "support/source_server.h"
#include "support/sql_session.h"

namespace millrace {

using ServerKind = testing::Flavour;

// The server of a test.
inline std::unique_ptr<testing::SourceServer> StartSource(ServerKind kind,
                                                          std::vector<std::string> options = {}) {
  return testing::SourceServer::MustStart({.flavour = kind, .options = std::move(options)});
}

// Reads it over TCP, without TLS, as the account of the feed.
SourceOptions OptionsFor(const testing::SourceServer& server);

// The same as another account.
SourceOptions OptionsAs(const testing::SourceServer& server, const std::string& user,
                        const std::string& password);

// Connects, and opens the binlog at `from`, each through a SourcePool of its own.
absl::StatusOr<std::unique_ptr<Connection>> Connect(const SourceOptions& options);
absl::StatusOr<std::unique_ptr<BinlogStream>> OpenStream(const SourceOptions& options,
                                                         const SourcePosition& from);

// Connects, or ends the test.
std::unique_ptr<Connection> MustConnect(const SourceOptions& options);

// Purges the files of the binlog before the one that is written to. MariaDB keeps a file, and says
// so in a warning alone, until its storage engines have flushed what that holds: a moment after it
// was rotated away. Ends the test if files are still there after a while.
void MustPurgeOldFiles(testing::SqlSession& root);

// For tests that hold for both kinds of server.
class SourceTest : public ::testing::TestWithParam<ServerKind> {
 protected:
  std::unique_ptr<testing::SourceServer> Start(std::vector<std::string> options = {}) {
    return StartSource(GetParam(), std::move(options));
  }
  bool mysql() const { return GetParam() == ServerKind::kMysql; }
};

#define MILLRACE_BOTH_SERVERS(suite)                                                    \
  INSTANTIATE_TEST_SUITE_P(Servers, suite,                                              \
                           ::testing::Values(ServerKind::kMysql, ServerKind::kMariadb), \
                           ::testing::PrintToStringParamName())

}  // namespace millrace

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

// Starts a server for a test.
inline std::unique_ptr<testing::SourceServer> StartSource(ServerKind kind,
                                                          std::vector<std::string> options = {}) {
  return testing::SourceServer::MustStart({.flavour = kind, .options = std::move(options)});
}

// Options to read `server` over TCP, without TLS, as the account of the feed.
SourceOptions OptionsFor(const testing::SourceServer& server);

// The same with another account.
SourceOptions OptionsAs(const testing::SourceServer& server, const std::string& user,
                        const std::string& password);

// Connects, and opens the binlog at `from`, each through a SourcePool of its own.
absl::StatusOr<std::unique_ptr<Connection>> Connect(const SourceOptions& options);
absl::StatusOr<std::unique_ptr<BinlogStream>> OpenStream(const SourceOptions& options,
                                                         const SourcePosition& from);

// Connects, or aborts the test.
std::unique_ptr<Connection> MustConnect(const SourceOptions& options);

// Purges all binlog files except the current one. MariaDB keeps a file, with only a warning, until
// the storage engines have flushed the file's transactions, which is shortly after the rotation.
// Retries for 30 s, then aborts the test.
void MustPurgeOldFiles(testing::SqlSession& root);

// For tests that run on both kinds of server.
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

// SPDX-License-Identifier: Apache-2.0

#include "mysql/server/source_fixture.h"

#include <stdlib.h>

#include <cstdio>
#include <cstdlib>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "fmt/format.h"
#include "mysql/source_pool.h"

namespace millrace {
namespace {

constexpr absl::Duration kPurgeTimeout = absl::Seconds(30);
constexpr absl::Duration kPollInterval = absl::Milliseconds(1);

}  // namespace

SourceOptions OptionsFor(const testing::SourceServer& server) {
  return OptionsAs(server, testing::kFeedUser, testing::kFeedPassword);
}

SourceOptions OptionsAs(const testing::SourceServer& server, const std::string& user,
                        const std::string& password) {
  SourceOptions options;
  options.port = static_cast<uint16_t>(server.port());
  options.user = user;
  options.password_env = "MILLRACE_TEST_PASSWORD_" + user;
  setenv(options.password_env.c_str(), password.c_str(), 1);
  options.tls.mode = TlsMode::kDisabled;
  options.server_id = 4711;
  return options;
}

absl::StatusOr<std::unique_ptr<Connection>> Connect(const SourceOptions& options) {
  return SourcePool(options).Connect();
}

absl::StatusOr<std::unique_ptr<BinlogStream>> OpenStream(const SourceOptions& options,
                                                         const SourcePosition& from) {
  SourcePool pool(options);
  MILLRACE_ASSIGN_OR_RETURN(const SourcePool::CurrentConnection current, pool.ConnectToCurrent());
  return pool.OpenStream(current.generation, from, {});
}

std::unique_ptr<Connection> MustConnect(const SourceOptions& options) {
  auto connection = Connect(options);
  if (connection.ok()) return *std::move(connection);
  std::fprintf(stderr, "%s\n", connection.status().ToString().c_str());
  std::abort();
}

void MustPurgeOldFiles(testing::SqlSession& root) {
  const absl::Time deadline = absl::Now() + kPurgeTimeout;
  while (absl::Now() < deadline) {
    const testing::SqlRows files = root.MustQuery("SHOW BINARY LOGS");
    if (files.size() == 1) return;
    root.MustExecute(fmt::format("PURGE BINARY LOGS TO '{}'", files.back()[0].value()));
    absl::SleepFor(kPollInterval);
  }
  std::fprintf(stderr, "old binlog files are still in use\n");
  std::abort();
}

}  // namespace millrace

#include "mysql/source_fixture.h"

#include <stdlib.h>

#include <cstdio>

namespace millrace {

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

std::unique_ptr<Connection> MustConnect(const SourceOptions& options) {
  auto connection = Connection::Connect(options);
  if (connection.ok()) return *std::move(connection);
  std::fprintf(stderr, "%s\n", connection.status().ToString().c_str());
  std::abort();
}

}  // namespace millrace

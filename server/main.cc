// SPDX-License-Identifier: Apache-2.0

// millraced: reads the command line and the configuration, then serves or checks the source.

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/error.h"
#include "base/logging.h"
#include "base/version.h"
#include "config/config.h"
#include "fmt/format.h"
#include "program/check.h"
#include "program/failure.h"
#include "program/serve.h"
#include "program/signals.h"

namespace millrace::program {
namespace {

// Values from the command line.
struct Flags {
  std::string config;
  std::string source_host;
  uint16_t source_port = 0;
  std::string source_socket;
  std::string source_user;
  std::string directory;
  std::string listen;
  std::string log_level;
  std::vector<std::string> tables;
  std::string snapshot;
  bool print_config = false;
};

absl::StatusOr<Config> MakeConfig(const Flags& flags) {
  Config config;
  if (!flags.config.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(config, LoadConfig(flags.config));
  }
  if (!flags.source_host.empty()) config.source.host = flags.source_host;
  if (flags.source_port != 0) config.source.port = flags.source_port;
  if (!flags.source_socket.empty()) config.source.socket = flags.source_socket;
  if (!flags.source_user.empty()) config.source.user = flags.source_user;
  if (!flags.directory.empty()) config.log.directory = flags.directory;
  if (!flags.listen.empty()) config.server.listen = flags.listen;
  if (!flags.log_level.empty()) config.logging.level = flags.log_level;
  if (!flags.tables.empty()) config.source.tables = flags.tables;
  if (flags.snapshot == "initial") config.snapshot.mode = SnapshotMode::kInitial;
  if (flags.snapshot == "never") config.snapshot.mode = SnapshotMode::kNever;
  MILLRACE_RETURN_IF_ERROR(ValidateConfig(config));
  return config;
}

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("-c,--config", flags.config, "configuration file, YAML");
  app.add_option("--source-host", flags.source_host, "host of the source (source.host)");
  app.add_option("--source-port", flags.source_port, "port of the source (source.port)");
  app.add_option("--source-socket", flags.source_socket,
                 "Unix socket of the source (source.socket)");
  app.add_option("--source-user", flags.source_user, "account at the source (source.user)");
  app.add_option("--tables", flags.tables, "patterns of tables to capture (source.tables)");
  app.add_option("--snapshot", flags.snapshot,
                 "whether tables are read first: initial or never (snapshot.mode)")
      ->check(CLI::IsMember({"initial", "never"}).description(""));
  app.add_option("-d,--directory", flags.directory, "directory of the change log (log.directory)");
  app.add_option("-l,--listen", flags.listen, "address of the gRPC server (server.listen)");
  app.add_option("--log-level", flags.log_level,
                 "lowest level to log: trace to error, or off (logging.level)");
  app.add_flag("--print-config", flags.print_config, "print the effective configuration and exit");
  app.set_version_flag("--version", fmt::format("millraced {}", kVersion));
}

int Main(int argc, char** argv) {
  BlockHangup();
  CLI::App app(
      "Change-feed server for MySQL and MariaDB: tails the binlog, keeps every row change, serves "
      "it over "
      "gRPC.\nPasswords come from source.password_file or source.password_env, never from flags.\n"
      "SIGTERM and SIGINT stop it; SIGHUP makes it read passwords and certificates again and, if "
      "it waits for the source, connect now.",
      "millraced");
  Flags flags;
  AddFlags(app, flags);
  CLI::App* check = app.add_subcommand(
      "check",
      "report what keeps a feed from working with this source, and the statement that fixes it");
  // Flags may also follow the subcommand.
  check->fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kExitUsage;
  }
  const auto config = MakeConfig(flags);
  if (!config.ok()) return Report({config.status(), kExitUsage});
  if (flags.print_config) {
    std::cout << DumpConfig(*config);
    return EXIT_SUCCESS;
  }
  const absl::Status logging = SetUpLogging(config->logging);
  if (!logging.ok()) return Report({logging, kExitUsage});
  return check->parsed() ? Check(*config) : Serve(*config);
}

}  // namespace
}  // namespace millrace::program

int main(int argc, char** argv) { return millrace::program::Main(argc, argv); }

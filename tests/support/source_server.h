// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "support/process.h"
#include "support/sql_session.h"
#include "support/temp_directory.h"

namespace millrace::testing {

enum class Flavour { kMysql, kMariadb };

// "mysql" or "mariadb".
std::string FlavourName(Flavour flavour);

// Prints a flavour in test names.
void PrintTo(Flavour flavour, std::ostream* stream);

// The account that reads the feed, with the least rights it needs (users.sql).
inline constexpr char kFeedUser[] = "millrace";
inline constexpr char kFeedPassword[] = "millrace";

struct SourceServerOptions {
  Flavour flavour = Flavour::kMysql;
  // Options that override mysql.cnf or mariadb.cnf: "--server-id=2".
  std::vector<std::string> options;
};

// A real MySQL or MariaDB server with its own data directory and port, for one test. Any number can
// run at once. The destructor kills it and removes its directory; if the test crashes, the kernel
// kills it. Start it from the test's main thread: see Process.
class SourceServer {
 public:
  // kNotFound: the server is not installed. kInternal, kDeadlineExceeded: it did not start; the
  // message has the end of its log.
  static absl::StatusOr<std::unique_ptr<SourceServer>> Start(const SourceServerOptions& options);

  // The same, but on an error prints it and aborts the test.
  static std::unique_ptr<SourceServer> MustStart(const SourceServerOptions& options);

  Flavour flavour() const { return options_.flavour; }
  int port() const { return port_; }
  std::string socket() const { return directory_.path() / "mysql.sock"; }
  std::filesystem::path data_directory() const { return directory_.path() / "data"; }
  // The server's own tmpdir. When MariaDB starts, it deletes all temporary tables there.
  std::filesystem::path temporary_directory() const { return directory_.path() / "tmp"; }
  std::filesystem::path log_file() const { return directory_.path() / "server.log"; }
  bool Running() { return process_.has_value() && process_->Running(); }
  pid_t pid() const { return process_.has_value() ? process_->pid() : 0; }

  // Shuts the server down. kDeadlineExceeded: it did not end in time and was killed.
  absl::Status Stop();

  // Kills the server, like a crash.
  void Kill();

  // Restarts the server on the same data and port, after Stop or Kill or while it runs. `options`
  // replace the ones it was started with.
  absl::Status Restart();
  absl::Status RestartWith(std::vector<std::string> options);

  // Opens a session as root over the socket.
  absl::StatusOr<SqlSession> Connect(const std::string& charset = "utf8mb4") const;

  // The same, but on an error prints it and aborts the test.
  SqlSession MustConnect(const std::string& charset = "utf8mb4") const;

 private:
  explicit SourceServer(const SourceServerOptions& options) : options_(options) {}

  absl::Status Launch();
  absl::Status WaitUntilReady();
  std::string LogTail() const;

  SourceServerOptions options_;
  TempDirectory directory_;
  int port_ = 0;
  std::optional<Process> process_;
};

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "millrace/client.h"
#include "support/process.h"
#include "support/slow_disk.h"
#include "support/source_server.h"
#include "support/temp_directory.h"

namespace millrace::testing {

struct FeedServerOptions {
  // source.tables.
  std::vector<std::string> tables;
  // Additional configuration lines by section, each `key: value`; they override those of the test
  // server.
  std::vector<std::string> source;
  std::vector<std::string> log;
  std::vector<std::string> server;
  std::vector<std::string> kafka;
  std::vector<std::string> metrics;
  // Only snapshot tests should see snapshot rows.
  std::vector<std::string> snapshot = {"mode: never"};
  // Slows the disk of the log; must outlive the server.
  const SlowDisk* slow_disk = nullptr;
  // Limit of open files, soft and hard; 0: the test's limit.
  int open_files_max = 0;
  // TLS options of client().
  std::optional<client::TlsOptions> client_tls;
};

// A real millraced with its own data directory and port that reads from a SourceServer. Ends with
// the test. Every method that fails prints why, with the server's log, and aborts the test.
class FeedServer {
 public:
  static std::unique_ptr<FeedServer> MustStart(const SourceServer& source,
                                               const FeedServerOptions& options = {});
  ~FeedServer();

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  client::Client& client() { return *client_; }
  std::filesystem::path data_directory() const { return directory_.path() / "log"; }
  std::filesystem::path config_file() const { return directory_.path() / "millrace.yaml"; }
  // source.password_file.
  std::filesystem::path password_file() const { return directory_.path() / "password"; }
  std::string LogText() const;
  pid_t pid() const { return process_->pid(); }

  void Signal(int signal) { process_->Signal(signal); }
  // Sends SIGTERM without waiting.
  void Terminate() { process_->Terminate(); }
  // Waits until the process ends by itself; returns the exit code.
  int WaitForExit();
  // Sends SIGTERM and waits; returns the exit code.
  int Stop();
  // Sends SIGKILL.
  void Kill();
  // Restarts it on the same data with the same options, on a port chosen by the system.
  void Start();
  // Sets other options, which apply from the next Start on.
  void Configure(const SourceServer& source, const FeedServerOptions& options) const;
  // Waits until the status has this state; returns the status.
  v1::GetStatusResponse WaitForState(v1::SourceStatus::State wanted);
  // Waits until the source's error has this reason; returns the status.
  v1::GetStatusResponse WaitForReason(const std::string& reason);
  // Waits until `condition` is true for the status; returns the status. `what` is for the message.
  v1::GetStatusResponse WaitUntil(
      const std::string& what, const std::function<bool(const v1::GetStatusResponse&)>& condition);
  // Waits until the log of the running process contains `text`.
  void WaitForLog(const std::string& text);

 private:
  FeedServer(const SourceServer& source, const FeedServerOptions& options);
  void WaitUntilServing();

  TempDirectory directory_;
  const SlowDisk* slow_disk_;
  std::optional<client::TlsOptions> client_tls_;
  int open_files_max_ = 0;
  std::optional<Process> process_;
  std::unique_ptr<client::Client> client_;
  int port_ = 0;
  size_t log_start_ = 0;  // of the running process
};

// Runs millraced with these arguments until it exits.
ProcessResult RunMillraced(const std::vector<std::string>& arguments);
// Runs the millrace command until it exits.
ProcessResult RunMillrace(const std::vector<std::string>& arguments);
std::filesystem::path MillracedPath();
std::filesystem::path MillracePath();

}  // namespace millrace::testing

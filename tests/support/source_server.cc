// SPDX-License-Identifier: Apache-2.0

#include "support/source_server.h"

#include <sys/un.h>
#include <unistd.h>

#include <ostream>
#include <utility>

#include "absl/time/clock.h"
#include "base/error.h"
#include "fmt/format.h"
#include "support/free_port.h"
#include "support/installed.h"
#include "support/value_or_abort.h"

namespace millrace::testing {
namespace {

// Upper bounds: a start takes less than a second on a quiet machine.
constexpr absl::Duration kStartTimeout = absl::Minutes(1);
constexpr absl::Duration kStopTimeout = absl::Minutes(1);
constexpr absl::Duration kServerPollInterval = absl::Milliseconds(10);
constexpr int kPortAttemptsMax = 5;
constexpr size_t kLogBytesShown = 3000;
constexpr size_t kSocketPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view kPortTaken = "Address already in use";

std::filesystem::path DaemonPath(Flavour flavour) {
  return flavour == Flavour::kMysql ? MysqldPath() : MariadbdPath();
}

std::filesystem::path TemplatePath(Flavour flavour) {
  return flavour == Flavour::kMysql ? MysqlTemplatePath() : MariadbTemplatePath();
}

absl::Status CheckInstalled(Flavour flavour) {
  for (const auto& path : {DaemonPath(flavour), TemplatePath(flavour)}) {
    if (std::filesystem::exists(path)) continue;
    return absl::NotFoundError(fmt::format("{} does not exist; run tests/support/kit {}",
                                           path.string(), FlavourName(flavour)));
  }
  return absl::OkStatus();
}

}  // namespace

std::string FlavourName(Flavour flavour) {
  return flavour == Flavour::kMysql ? "mysql" : "mariadb";
}

void PrintTo(Flavour flavour, std::ostream* stream) { *stream << FlavourName(flavour); }

absl::StatusOr<std::unique_ptr<SourceServer>> SourceServer::Start(
    const SourceServerOptions& options) {
  MILLRACE_RETURN_IF_ERROR(CheckInstalled(options.flavour));
  std::unique_ptr<SourceServer> server(new SourceServer(options));
  if (server->socket().size() > kSocketPathBytesMax) {
    return absl::InvalidArgumentError(
        fmt::format("the socket path {} is longer than {} bytes; set TMPDIR to a shorter path",
                    server->socket(), kSocketPathBytesMax));
  }
  MILLRACE_RETURN_IF_ERROR(CopyTemplate(TemplatePath(options.flavour), server->data_directory()));
  absl::Status status;
  for (int attempt = 0; attempt < kPortAttemptsMax; ++attempt) {
    server->port_ = FreePort();
    status = server->Launch();
    if (status.ok()) return server;
    if (server->LogTail().find(kPortTaken) == std::string::npos) break;
  }
  return status;
}

std::unique_ptr<SourceServer> SourceServer::MustStart(const SourceServerOptions& options) {
  return ValueOrAbort(Start(options));
}

absl::Status SourceServer::Launch() {
  ProcessOptions options;
  options.program = DaemonPath(options_.flavour);
  options.arguments = {
      fmt::format("--defaults-file={}/{}.cnf", MILLRACE_TEST_SUPPORT_DIRECTORY,
                  FlavourName(options_.flavour)),
      fmt::format("--datadir={}", data_directory().string()),
      fmt::format("--socket={}", socket()),
      fmt::format("--port={}", port_),
      fmt::format("--tmpdir={}", temporary_directory().string()),
  };
  if (geteuid() == 0) options.arguments.push_back("--user=root");
  options.arguments.insert(options.arguments.end(), options_.options.begin(),
                           options_.options.end());
  options.output = log_file();
  std::filesystem::create_directories(temporary_directory());
  std::error_code ignored;  // Before the first start there is no log.
  std::filesystem::rename(log_file(), directory_.path() / "server.log.old", ignored);
  MILLRACE_ASSIGN_OR_RETURN(process_, Process::Start(options));
  absl::Status ready = WaitUntilReady();
  if (!ready.ok()) Kill();
  return ready;
}

absl::Status SourceServer::WaitUntilReady() {
  const absl::Time deadline = absl::Now() + kStartTimeout;
  while (!Connect().ok()) {
    if (!process_->Running()) {
      return absl::InternalError(fmt::format("{} ended while starting; its log ends:\n{}",
                                             FlavourName(options_.flavour), LogTail()));
    }
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError(fmt::format(
          "{} is not ready after {} s; its log ends:\n{}", FlavourName(options_.flavour),
          absl::ToInt64Seconds(kStartTimeout), LogTail()));
    }
    absl::SleepFor(kServerPollInterval);
  }
  return absl::OkStatus();
}

std::string SourceServer::LogTail() const { return ReadFileTail(log_file(), kLogBytesShown); }

absl::Status SourceServer::Stop() {
  if (!process_.has_value()) return absl::OkStatus();
  process_->Terminate();
  const absl::StatusOr<int> exit_code = process_->Wait(kStopTimeout);
  Kill();
  if (exit_code.ok()) return absl::OkStatus();
  return WithContext(exit_code.status(), fmt::format("{} did not stop; its log ends:\n{}",
                                                     FlavourName(options_.flavour), LogTail()));
}

void SourceServer::Kill() { process_.reset(); }

absl::Status SourceServer::Restart() { return RestartWith(options_.options); }

absl::Status SourceServer::RestartWith(std::vector<std::string> options) {
  MILLRACE_RETURN_IF_ERROR(Stop());
  options_.options = std::move(options);
  return Launch();
}

absl::StatusOr<SqlSession> SourceServer::Connect(const std::string& charset) const {
  SqlSessionOptions options;
  options.socket = socket();
  options.charset = charset;
  return SqlSession::Open(options);
}

SqlSession SourceServer::MustConnect(const std::string& charset) const {
  return ValueOrAbort(Connect(charset));
}

}  // namespace millrace::testing

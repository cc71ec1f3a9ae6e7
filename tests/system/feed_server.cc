// SPDX-License-Identifier: Apache-2.0

#include "system/feed_server.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

constexpr absl::Duration kStartDeadline = absl::Seconds(30);
constexpr absl::Duration kStopDeadline = absl::Seconds(20);
constexpr absl::Duration kPollInterval = absl::Milliseconds(10);

// Polls, because another process offers nothing to wait on.
template <typename Condition>
bool PollUntil(absl::Duration timeout, const Condition& condition) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kPollInterval));
  }
  return true;
}

[[noreturn]] void Die(const std::string& what, const std::string& log) {
  std::cerr << "FeedServer: " << what << "\nits log:\n" << log << std::endl;
  std::abort();
}

void WriteSection(std::ostream& out, const std::string& name,
                  const std::vector<std::string>& lines) {
  out << name << ":\n";
  for (const std::string& line : lines) out << "  " << line << "\n";
}

// Whether one of `lines` has the key of `line`.
bool HasKeyOf(const std::vector<std::string>& lines, const std::string& line) {
  const std::string key = line.substr(0, line.find(':') + 1);
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& other) { return other.starts_with(key); });
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::filesystem::path MillracedPath() { return MILLRACE_BINARY_DIRECTORY "/millraced"; }
std::filesystem::path MillracePath() { return MILLRACE_BINARY_DIRECTORY "/millrace"; }

std::unique_ptr<FeedServer> FeedServer::MustStart(const SourceServer& source,
                                                  const FeedServerOptions& options) {
  std::unique_ptr<FeedServer> server(new FeedServer(source, options));
  server->Start();
  server->WaitForState(v1::SourceStatus::STATE_STREAMING);
  return server;
}

FeedServer::FeedServer(const SourceServer& source, const FeedServerOptions& options)
    : slow_disk_(options.slow_disk),
      client_tls_(options.client_tls),
      open_files_max_(options.open_files_max) {
  Configure(source, options);
}

FeedServer::~FeedServer() {
  if (process_.has_value() && process_->Running()) Stop();
}

void FeedServer::Configure(const SourceServer& source, const FeedServerOptions& options) const {
  std::ofstream password(password_file());
  password << kFeedPassword;
  std::vector<std::string> source_lines = {"socket: " + source.socket(),
                                           std::string("user: ") + kFeedUser,
                                           "password_file: " + password_file().string()};
  for (const std::string line : {"reconnect_backoff_min: 20ms", "reconnect_backoff_max: 200ms"}) {
    if (!HasKeyOf(options.source, line)) source_lines.push_back(line);
  }
  if (!options.tables.empty()) {
    source_lines.push_back("tables:");
    for (const std::string& table : options.tables) source_lines.push_back("  - '" + table + "'");
  }
  source_lines.insert(source_lines.end(), options.source.begin(), options.source.end());
  std::vector<std::string> log_lines = options.log;
  const std::string directory = "directory: " + data_directory().string();
  if (!HasKeyOf(options.log, directory)) log_lines.push_back(directory);
  std::vector<std::string> server_lines = {"listen: 127.0.0.1:0"};
  server_lines.insert(server_lines.end(), options.server.begin(), options.server.end());
  std::ofstream config(config_file());
  WriteSection(config, "source", source_lines);
  WriteSection(config, "log", log_lines);
  WriteSection(config, "server", server_lines);
  WriteSection(config, "snapshot", options.snapshot);
  if (!options.kafka.empty()) WriteSection(config, "kafka", options.kafka);
  if (!options.metrics.empty()) WriteSection(config, "metrics", options.metrics);
}

void FeedServer::Start() {
  log_start_ = LogText().size();
  std::map<std::string, std::string> environment;
  if (slow_disk_ != nullptr) environment = slow_disk_->EnvironmentFor(data_directory());
  std::string command = "exec \"$0\" \"$@\"";
  if (open_files_max_ != 0) command = fmt::format("ulimit -n {}; ", open_files_max_) + command;
  auto process = Process::Start(
      {.program = "/bin/sh",
       .arguments = {"-c", command, MillracedPath().string(), "--config", config_file().string()},
       .environment = std::move(environment),
       .directory = {},
       .output = directory_.path() / "server.log",
       .errors = {}});
  if (!process.ok()) Die(process.status().ToString(), LogText());
  process_.emplace(std::move(*process));
  WaitUntilServing();
}

void FeedServer::WaitUntilServing() {
  static const std::string kMarker = " port=";
  const bool serving = PollUntil(kStartDeadline, [this] {
    const std::string log = LogText().substr(log_start_);
    const size_t at = log.find(kMarker);
    if (at == std::string::npos || log.find('\n', at) == std::string::npos) {
      return !process_->Running();
    }
    port_ = std::atoi(log.c_str() + at + kMarker.size());
    return true;
  });
  if (!serving || !process_->Running()) Die("millraced did not start", LogText());
  auto connected = client::Client::Connect({.address = address(), .tls = client_tls_});
  if (!connected.ok()) Die(connected.status().ToString(), LogText());
  client_ = std::move(*connected);
}

v1::GetStatusResponse FeedServer::WaitForState(v1::SourceStatus::State wanted) {
  return WaitUntil("state " + v1::SourceStatus::State_Name(wanted),
                   [&](const auto& status) { return status.source().state() == wanted; });
}

v1::GetStatusResponse FeedServer::WaitForReason(const std::string& reason) {
  return WaitUntil("reason " + reason,
                   [&](const auto& status) { return status.source().error_reason() == reason; });
}

void FeedServer::WaitForLog(const std::string& text) {
  const bool found = PollUntil(
      kStartDeadline, [&] { return LogText().find(text, log_start_) != std::string::npos; });
  if (!found) Die("the server's log does not contain: " + text, LogText());
}

v1::GetStatusResponse FeedServer::WaitUntil(
    const std::string& what, const std::function<bool(const v1::GetStatusResponse&)>& condition) {
  v1::GetStatusResponse status;
  const bool reached = PollUntil(kStartDeadline, [&] {
    auto response = client_->GetStatus({});
    if (!response.ok()) Die(response.status().ToString(), LogText());
    status = *response;
    return condition(status);
  });
  if (!reached) Die("timed out waiting for " + what + ": " + status.ShortDebugString(), LogText());
  return status;
}

std::string FeedServer::LogText() const { return ReadFile(directory_.path() / "server.log"); }

int FeedServer::Stop() {
  Terminate();
  return WaitForExit();
}

int FeedServer::WaitForExit() {
  const auto exit_code = process_->Wait(kStopDeadline);
  if (!exit_code.ok()) Die("millraced did not stop", LogText());
  return *exit_code;
}

void FeedServer::Kill() { process_->Kill(); }

ProcessResult RunMillraced(const std::vector<std::string>& arguments) {
  auto result = RunProcess({.program = MillracedPath(), .arguments = arguments}, kStartDeadline);
  if (!result.ok()) Die(result.status().ToString(), "");
  return *result;
}

ProcessResult RunMillrace(const std::vector<std::string>& arguments) {
  auto result = RunProcess({.program = MillracePath(), .arguments = arguments}, kStartDeadline);
  if (!result.ok()) Die(result.status().ToString(), "");
  return *result;
}

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#include "support/kafka_broker.h"

#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <utility>

#include "absl/time/clock.h"
#include "base/error.h"
#include "fmt/format.h"
#include "support/free_port.h"
#include "support/installed.h"
#include "support/value_or_abort.h"

namespace millrace::testing {
namespace {

// Upper bounds: a start takes 1.5 s on a quiet machine, 3.3 s after a kill.
constexpr absl::Duration kStartTimeout = absl::Minutes(1);
constexpr absl::Duration kStopTimeout = absl::Minutes(1);
constexpr absl::Duration kBrokerPollInterval = absl::Milliseconds(10);
constexpr int kPortAttemptsMax = 5;
constexpr size_t kLogBytesShown = 3000;
constexpr size_t kWholeFile = std::numeric_limits<size_t>::max();
// Log messages of the broker: it is registered; another process has the port.
constexpr std::string_view kStarted = "Kafka Server started";
constexpr std::string_view kPortTaken = "Address already in use";

absl::Status CheckInstalled() {
  for (const auto& path : {KafkaPath(), KafkaTemplatePath()}) {
    if (std::filesystem::exists(path)) continue;
    return absl::NotFoundError(
        fmt::format("{} does not exist; run tests/support/kit kafka", path.string()));
  }
  return absl::OkStatus();
}

std::filesystem::path KeyStore(const std::filesystem::path& directory) {
  return directory / "keystore.pem";
}

// 16 random bytes in Kafka's form: 22 characters, of which the last has two bits.
std::string NewClusterId() {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::uniform_int_distribution<size_t> digits(0, kDigits.size() - 1);
  std::string id;
  while (id.size() < 21) id += kDigits[digits(random)];
  return id + 'A';
}

absl::Status SetClusterId(const std::filesystem::path& properties) {
  std::istringstream lines(ReadFileTail(properties, kWholeFile));
  std::string changed;
  bool found = false;
  for (std::string line; std::getline(lines, line);) {
    const bool is_id = line.rfind("cluster.id=", 0) == 0;
    found |= is_id;
    changed += is_id ? "cluster.id=" + NewClusterId() : line;
    changed += '\n';
  }
  if (!found) return absl::InternalError(fmt::format("{} has no cluster.id", properties.string()));
  std::ofstream(properties, std::ios::binary) << changed;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaBroker>> KafkaBroker::Start(const KafkaBrokerOptions& options) {
  MILLRACE_RETURN_IF_ERROR(CheckInstalled());
  std::unique_ptr<KafkaBroker> broker(new KafkaBroker(options));
  MILLRACE_RETURN_IF_ERROR(CopyTemplate(KafkaTemplatePath(), broker->data_directory()));
  MILLRACE_RETURN_IF_ERROR(SetClusterId(broker->data_directory() / "meta.properties"));
  if (options.secured) MILLRACE_RETURN_IF_ERROR(broker->MakeCertificate());
  absl::Status status;
  for (int attempt = 0; attempt < kPortAttemptsMax; ++attempt) {
    broker->ChoosePorts();
    status = broker->Launch();
    if (status.ok()) return broker;
    if (status.message().find(std::string(kPortTaken)) == std::string::npos) break;
  }
  return status;
}

std::unique_ptr<KafkaBroker> KafkaBroker::MustStart(const KafkaBrokerOptions& options) {
  return ValueOrAbort(Start(options));
}

std::string KafkaBroker::bootstrap() const { return fmt::format("127.0.0.1:{}", port_); }
std::string KafkaBroker::secure_bootstrap() const {
  return fmt::format("localhost:{}", secure_port_);
}

void KafkaBroker::ChoosePorts() {
  port_ = FreePort();
  do controller_port_ = FreePort();
  while (controller_port_ == port_);
  do secure_port_ = FreePort();
  while (secure_port_ == port_ || secure_port_ == controller_port_);
}

// Makes a self-signed certificate. The broker wants key and certificate in one file.
absl::Status KafkaBroker::MakeCertificate() const {
  const std::filesystem::path key = directory_.path() / "key.pem";
  MILLRACE_ASSIGN_OR_RETURN(
      const ProcessResult made,
      RunProcess({.program = "openssl",
                  .arguments = {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                                "-keyout", key.string(), "-out", ca_file().string()}},
                 kStartTimeout));
  if (made.exit_code != 0)
    return absl::InternalError("openssl could not make a certificate: " + made.errors);
  std::ofstream(KeyStore(directory_.path()), std::ios::binary)
      << ReadFileTail(key, kWholeFile) << ReadFileTail(ca_file(), kWholeFile);
  return absl::OkStatus();
}

void KafkaBroker::AddSecureSettings(std::vector<std::string>& settings) const {
  std::string password;
  for (const char c : std::string_view(kKafkaPassword)) {
    if (c == '"') password += '\\';
    password += c;
  }
  const std::string plain = fmt::format("PLAINTEXT://{}", bootstrap());
  const std::string secure = fmt::format("SECURED://{}", secure_bootstrap());
  settings.insert(
      settings.end(),
      {"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL",
       fmt::format("listeners={},CONTROLLER://127.0.0.1:{},SECURED://127.0.0.1:{}", plain,
                   controller_port_, secure_port_),
       fmt::format("advertised.listeners={},{}", plain, secure),
       "listener.name.secured.sasl.enabled.mechanisms=PLAIN",
       fmt::format("listener.name.secured.plain.sasl.jaas.config="
                   "org.apache.kafka.common.security.plain.PlainLoginModule required "
                   "user_{}=\"{}\";",
                   kKafkaUser, password),
       "listener.name.secured.ssl.keystore.type=PEM",
       fmt::format("listener.name.secured.ssl.keystore.location={}",
                   KeyStore(directory_.path()).string())});
}

absl::Status KafkaBroker::Launch() {
  std::vector<std::string> settings = {
      fmt::format("log.dirs={}", data_directory().string()),
      fmt::format("listeners=PLAINTEXT://127.0.0.1:{},CONTROLLER://127.0.0.1:{}", port_,
                  controller_port_),
      fmt::format("controller.quorum.voters=1@127.0.0.1:{}", controller_port_),
  };
  if (secured_) AddSecureSettings(settings);
  settings.insert(settings.end(), settings_.begin(), settings_.end());
  ProcessOptions options;
  options.program = KafkaPath();
  options.arguments = {fmt::format("{}/kafka.properties", MILLRACE_TEST_SUPPORT_DIRECTORY)};
  for (std::string& setting : settings) {
    options.arguments.push_back("--override");
    options.arguments.push_back(std::move(setting));
  }
  options.directory = directory_.path();  // For its temporary files.
  options.output = log_file();
  std::error_code ignored;  // Before the first start there is no log.
  std::filesystem::rename(log_file(), directory_.path() / "server.log.old", ignored);
  MILLRACE_ASSIGN_OR_RETURN(process_, Process::Start(options));
  absl::Status ready = WaitUntilReady();
  if (!ready.ok()) Kill();
  return ready;
}

absl::Status KafkaBroker::WaitUntilReady() {
  const absl::Time deadline = absl::Now() + kStartTimeout;
  while (ReadFileTail(log_file(), kWholeFile).find(kStarted) == std::string::npos) {
    if (!process_->Running()) {
      return absl::InternalError(
          fmt::format("kafka ended while starting; its log says:\n{}", LogProblems()));
    }
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError(fmt::format("kafka is not ready after {} s; log:\n{}",
                                                     absl::ToInt64Seconds(kStartTimeout),
                                                     LogProblems()));
    }
    absl::SleepFor(kBrokerPollInterval);
  }
  return absl::OkStatus();
}

// The end of the log is about the orderly shutdown; the cause is before it.
std::string KafkaBroker::LogProblems() const {
  std::istringstream lines(ReadFileTail(log_file(), kWholeFile));
  std::string problems;
  for (std::string line; std::getline(lines, line) && problems.size() < kLogBytesShown;) {
    if (line.find("ERROR") != std::string::npos || line.find("Exception: ") != std::string::npos) {
      problems += line + '\n';
    }
  }
  return problems.empty() ? ReadFileTail(log_file(), kLogBytesShown) : problems;
}

absl::Status KafkaBroker::Stop() {
  if (!process_.has_value()) return absl::OkStatus();
  Resume();
  process_->Terminate();
  const absl::StatusOr<int> exit_code = process_->Wait(kStopTimeout);
  Kill();
  if (exit_code.ok()) return absl::OkStatus();
  return WithContext(exit_code.status(), fmt::format("kafka did not stop; its log ends:\n{}",
                                                     ReadFileTail(log_file(), kLogBytesShown)));
}

void KafkaBroker::Kill() { process_.reset(); }

absl::Status KafkaBroker::Restart() { return RestartWith(settings_); }

absl::Status KafkaBroker::RestartWith(std::vector<std::string> settings) {
  MILLRACE_RETURN_IF_ERROR(Stop());
  settings_ = std::move(settings);
  return Launch();
}

void KafkaBroker::Pause() {
  if (!process_.has_value()) return;
  process_->Signal(SIGSTOP);
  // The signal is only a request. The last threads may respond to clients until they have halted.
  siginfo_t ignored;
  waitid(P_PID, static_cast<id_t>(process_->pid()), &ignored, WSTOPPED | WEXITED | WNOWAIT);
}

void KafkaBroker::Resume() {
  if (process_.has_value()) process_->Signal(SIGCONT);
}

}  // namespace millrace::testing

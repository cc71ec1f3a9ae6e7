// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "support/process.h"
#include "support/temp_directory.h"

namespace millrace::testing {

// Account of a secured broker.
inline constexpr char kKafkaUser[] = "mirror";
inline constexpr char kKafkaPassword[] = "a secret, \"quoted\"";

struct KafkaBrokerOptions {
  // Settings that override kafka.properties: "message.max.bytes=2000".
  std::vector<std::string> settings;
  // Also listens at secure_bootstrap(), with TLS and passwords (SASL PLAIN).
  bool secured = false;
};

// A real Kafka broker and controller with its own data directory, ports and cluster id. It takes
// 150 MB of memory and 1.5 s to start, so the tests of a suite share one (SetUpTestSuite, with
// WHOLE in CMakeLists.txt). The destructor kills it and removes its directory; if the test crashes,
// the kernel kills it. Start it from the test's main thread: see Process.
class KafkaBroker {
 public:
  // kNotFound: the broker is not installed. kInternal, kDeadlineExceeded: it did not start; the
  // message has the errors of its log.
  static absl::StatusOr<std::unique_ptr<KafkaBroker>> Start(const KafkaBrokerOptions& options = {});

  // The same, but on an error prints it and aborts the test.
  static std::unique_ptr<KafkaBroker> MustStart(const KafkaBrokerOptions& options = {});

  // Address for clients: 127.0.0.1 and the port, the same after every restart.
  std::string bootstrap() const;
  int port() const { return port_; }
  // Address of a secured broker, by a name in its certificate; and the authority that signed it.
  std::string secure_bootstrap() const;
  std::filesystem::path ca_file() const { return directory_.path() / "certificate.pem"; }
  std::filesystem::path data_directory() const { return directory_.path() / "data"; }
  std::filesystem::path log_file() const { return directory_.path() / "server.log"; }
  bool Running() { return process_.has_value() && process_->Running(); }
  pid_t pid() const { return process_.has_value() ? process_->pid() : 0; }

  // Shuts the broker down. kDeadlineExceeded: it did not end in time and was killed.
  absl::Status Stop();

  // Kills the broker, like a crash. Committed records are kept.
  void Kill();

  // Restarts the broker on the same data and ports, after Stop or Kill or while it runs. After Kill
  // it takes 2 s longer: the controller waits for the end of the killed broker's session.
  // `settings` replace the ones it was started with.
  absl::Status Restart();
  absl::Status RestartWith(std::vector<std::string> settings);

  // Pause halts the process: after it returns, the broker keeps its connections and sends nothing.
  // Resume continues it.
  void Pause();
  void Resume();

 private:
  explicit KafkaBroker(const KafkaBrokerOptions& options)
      : settings_(options.settings), secured_(options.secured) {}

  void ChoosePorts();
  absl::Status MakeCertificate() const;
  void AddSecureSettings(std::vector<std::string>& settings) const;
  absl::Status Launch();
  absl::Status WaitUntilReady();
  std::string LogProblems() const;

  std::vector<std::string> settings_;
  const bool secured_;
  TempDirectory directory_;
  int port_ = 0;
  int controller_port_ = 0;
  int secure_port_ = 0;
  std::optional<Process> process_;
};

}  // namespace millrace::testing

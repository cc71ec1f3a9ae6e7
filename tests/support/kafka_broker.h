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

// Who may log in at a secured broker.
inline constexpr char kKafkaUser[] = "mirror";
inline constexpr char kKafkaPassword[] = "a secret, \"quoted\"";

struct KafkaBrokerOptions {
  // Settings that win over kafka.properties: "message.max.bytes=2000".
  std::vector<std::string> settings;
  // Listens at secure_bootstrap() too, by TLS to who logs in (SASL PLAIN).
  bool secured = false;
};

// A real Kafka broker, its own controller, on a data directory and ports of its own: a cluster with
// an identity of its own. It takes 150 MB of memory and 1.5 s to start, so tests of one suite share
// one (SetUpTestSuite, with WHOLE in CMakeLists.txt). It is killed, and its directory removed, by
// the destructor, and by the kernel if the test crashes. Start it from the test's main thread: see
// Process.
class KafkaBroker {
 public:
  // kNotFound: the broker is not installed. kInternal, kDeadlineExceeded: it did not start; the
  // message carries what its log says of it.
  static absl::StatusOr<std::unique_ptr<KafkaBroker>> Start(const KafkaBrokerOptions& options = {});

  // The same for a test that cannot go on without: prints the error and aborts.
  static std::unique_ptr<KafkaBroker> MustStart(const KafkaBrokerOptions& options = {});

  // What clients connect to: 127.0.0.1 and the port, the same after every restart.
  std::string bootstrap() const;
  int port() const { return port_; }
  // The same of a secured broker, by a name that its certificate holds; and who signed that.
  std::string secure_bootstrap() const;
  std::filesystem::path ca_file() const { return directory_.path() / "certificate.pem"; }
  std::filesystem::path data_directory() const { return directory_.path() / "data"; }
  std::filesystem::path log_file() const { return directory_.path() / "server.log"; }
  bool Running() { return process_.has_value() && process_->Running(); }
  pid_t pid() const { return process_.has_value() ? process_->pid() : 0; }

  // Shuts the broker down in order. kDeadlineExceeded: it did not end in time and was killed.
  absl::Status Stop();

  // Kills it, as a crash would. What was committed is kept.
  void Kill();

  // Starts it again on the same data and ports, after Stop or Kill or while it runs. After Kill it
  // takes 2 s longer: the controller waits for the end of the killed broker's session. With
  // `settings`, those replace the ones it was started with.
  absl::Status Restart();
  absl::Status RestartWith(std::vector<std::string> settings);

  // Halts the process, so that it keeps its connections and answers nothing, from the return on;
  // lets it go on.
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

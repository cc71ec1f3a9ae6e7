// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace millrace::testing {

struct ProcessOptions {
  std::string program;  // A path, or a name that is looked up in PATH.
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // Added to this process's environment.
  std::filesystem::path directory;                 // Working directory; empty is this process's.
  // Files to which standard output and error are appended. Empty `output` means /dev/null, empty
  // `errors` means the file of `output`.
  std::filesystem::path output;
  std::filesystem::path errors;
};

// A child process with standard input from /dev/null and without this process's open files. The
// kernel kills it when the thread that started it ends, so no process outlives a crashed test.
// Start long-lived ones from the test's main thread. One thread uses an object at a time.
class Process {
 public:
  // kNotFound: the program cannot be executed. kInternal: the kernel refused a new process.
  static absl::StatusOr<Process> Start(const ProcessOptions& options);

  // Kills the process if it still runs.
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  pid_t pid() const { return pid_; }
  bool Running();

  // Terminate asks the process to end (SIGTERM). Kill ends it at once (SIGKILL) and waits.
  void Terminate();
  void Kill();
  void Signal(int signal);

  // Returns the exit code, or 128 plus the number of the signal that ended it.
  // kDeadlineExceeded: it still runs.
  absl::StatusOr<int> Wait(absl::Duration timeout);

 private:
  explicit Process(pid_t pid) : pid_(pid) {}

  void Reap(int wait_options);

  pid_t pid_ = 0;                 // 0 once moved from.
  std::optional<int> exit_code_;  // Set when the process has been reaped.
};

struct ProcessResult {
  int exit_code = 0;
  std::string output;  // Standard output.
  std::string errors;  // Standard error.
};

// Runs a program to its end; `options.output` and `.errors` are not used.
// kDeadlineExceeded: it took longer than `timeout` and was killed.
absl::StatusOr<ProcessResult> RunProcess(ProcessOptions options, absl::Duration timeout);

// Returns the file, at most its last `bytes_max` bytes. Empty if it cannot be read.
std::string ReadFileTail(const std::filesystem::path& file, size_t bytes_max);

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#include "support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <utility>

#include "absl/time/clock.h"
#include "base/error.h"
#include "fmt/format.h"
#include "support/temp_directory.h"

namespace millrace::testing {
namespace {

constexpr absl::Duration kPollInterval = absl::Milliseconds(2);
constexpr int kExecFailed = 127;

// What the child needs between fork and exec, where it may neither allocate nor lock.
struct ChildSetup {
  std::vector<std::string> words;        // argv
  std::vector<std::string> assignments;  // environment
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::string directory;
  std::string output;
  std::string errors;
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> assignments;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string assignment = *entry;
    if (!added.contains(assignment.substr(0, assignment.find('=')))) {
      assignments.push_back(assignment);
    }
  }
  for (const auto& [name, value] : added) assignments.push_back(fmt::format("{}={}", name, value));
  return assignments;
}

void FillChildSetup(const ProcessOptions& options, ChildSetup& setup) {
  setup.words = options.arguments;
  setup.words.insert(setup.words.begin(), options.program);
  setup.assignments = Environment(options.environment);
  setup.argv = Pointers(setup.words);
  setup.envp = Pointers(setup.assignments);
  setup.directory = options.directory;
  setup.output = options.output.empty() ? "/dev/null" : options.output.string();
  setup.errors = options.errors;
}

bool RedirectTo(const std::string& file, int descriptor) {
  const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  return opened >= 0 && dup2(opened, descriptor) >= 0;
}

// Runs in the child. Reports a failure by writing errno to `report`, which exec closes.
[[noreturn]] void Execute(const ChildSetup& setup, pid_t parent, int report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kExecFailed);  // The parent ended before the line above.
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = open("/dev/null", O_RDONLY);
  if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 && RedirectTo(setup.output, STDOUT_FILENO) &&
      (setup.errors.empty() ? dup2(STDOUT_FILENO, STDERR_FILENO) >= 0
                            : RedirectTo(setup.errors, STDERR_FILENO)) &&
      (setup.directory.empty() || chdir(setup.directory.c_str()) == 0)) {
#ifdef SYS_close_range
    constexpr unsigned kCloseOnExec = 4;
    syscall(SYS_close_range, 3U, std::numeric_limits<unsigned>::max(), kCloseOnExec);
#endif
    execvpe(setup.argv[0], setup.argv.data(), setup.envp.data());
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(report, &error, sizeof(error));
  _exit(kExecFailed);
}

}  // namespace

absl::StatusOr<Process> Process::Start(const ProcessOptions& options) {
  ChildSetup setup;
  FillChildSetup(options, setup);
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    return absl::InternalError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Execute(setup, parent, report[1]);
  const int fork_error = errno;
  close(report[1]);
  int error = 0;
  const bool failed = pid > 0 && read(report[0], &error, sizeof(error)) == sizeof(error);
  close(report[0]);
  if (pid < 0)
    return absl::InternalError(fmt::format("cannot fork: {}", std::strerror(fork_error)));
  Process process(pid);
  if (failed) {
    process.Reap(0);
    return absl::NotFoundError(
        fmt::format("cannot execute {}: {}", options.program, std::strerror(error)));
  }
  return process;
}

Process::~Process() { Kill(); }

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), exit_code_(other.exit_code_) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  Kill();
  pid_ = std::exchange(other.pid_, 0);
  exit_code_ = other.exit_code_;
  return *this;
}

void Process::Reap(int wait_options) {
  if (pid_ == 0 || exit_code_.has_value()) return;
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = waitpid(pid_, &status, wait_options);
  } while (reaped < 0 && errno == EINTR);
  if (reaped != pid_) return;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool Process::Running() {
  Reap(WNOHANG);
  return pid_ != 0 && !exit_code_.has_value();
}

void Process::Signal(int signal) {
  if (Running()) kill(pid_, signal);
}

void Process::Terminate() { Signal(SIGTERM); }

void Process::Kill() {
  Signal(SIGKILL);
  Reap(0);
}

absl::StatusOr<int> Process::Wait(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (Running()) {
    if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError(
          fmt::format("process {} still runs after {} s", pid_, absl::ToDoubleSeconds(timeout)));
    }
    absl::SleepFor(kPollInterval);
  }
  if (!exit_code_.has_value()) return absl::FailedPreconditionError("there is no process");
  return *exit_code_;
}

absl::StatusOr<ProcessResult> RunProcess(ProcessOptions options, absl::Duration timeout) {
  const TempDirectory files;
  options.output = files.path() / "output";
  options.errors = files.path() / "errors";
  MILLRACE_ASSIGN_OR_RETURN(Process process, Process::Start(options));
  absl::StatusOr<int> exit_code = process.Wait(timeout);
  constexpr size_t kWhole = std::numeric_limits<size_t>::max();
  ProcessResult result;
  result.output = ReadFileTail(options.output, kWhole);
  result.errors = ReadFileTail(options.errors, kWhole);
  if (!exit_code.ok()) {
    return WithContext(exit_code.status(), fmt::format("{}, which wrote: {}{}", options.program,
                                                       result.output, result.errors));
  }
  result.exit_code = *exit_code;
  return result;
}

std::string ReadFileTail(const std::filesystem::path& file, size_t bytes_max) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) return "";
  const size_t size = static_cast<size_t>(stream.tellg());
  const size_t kept = std::min(size, bytes_max);
  std::string text(kept, '\0');
  stream.seekg(static_cast<std::streamoff>(size - kept));
  stream.read(text.data(), static_cast<std::streamsize>(kept));
  return text;
}

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#include "support/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "absl/time/clock.h"
#include "support/free_port.h"
#include "support/temp_directory.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kTimeout = absl::Seconds(20);

// Whether `pid` has ended. A zombie counts: its new parent may not have reaped it yet.
bool HasEnded(pid_t pid) {
  if (kill(pid, 0) != 0) return errno == ESRCH;
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  stat >> number >> name >> state;
  return !stat || state == "Z";
}

bool WaitUntilGone(pid_t pid) {
  const absl::Time deadline = absl::Now() + kTimeout;
  while (!HasEnded(pid) && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(1));
  return HasEnded(pid);
}

ProcessOptions Shell(const std::string& script) {
  return {.program = "sh", .arguments = {"-c", script}};
}

TEST(Process, ResultHasExitCodeAndOutputs) {
  const auto result = RunProcess(Shell("echo out; echo err >&2; exit 3"), kTimeout);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->output, "out\n");
  EXPECT_EQ(result->errors, "err\n");
}

TEST(Process, EnvironmentAndDirectoryAreSet) {
  const TempDirectory directory;
  ProcessOptions options = Shell("echo $MILLRACE_WORD; pwd -P");
  options.environment = {{"MILLRACE_WORD", "weir"}};
  options.directory = directory.path();
  const auto result = RunProcess(options, kTimeout);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output,
            "weir\n" + std::filesystem::canonical(directory.path()).string() + "\n");
}

TEST(Process, UnknownProgramIsNotFound) {
  const auto process = Process::Start({.program = "/nowhere/program"});
  EXPECT_EQ(process.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(process.status().message()), HasSubstr("/nowhere/program"));
}

TEST(Process, ExitCodeShowsSignal) {
  auto process = Process::Start(Shell("sleep 100"));
  ASSERT_TRUE(process.ok());
  process->Terminate();
  EXPECT_EQ(*process->Wait(kTimeout), 128 + SIGTERM);
}

TEST(Process, WaitFailsAtDeadline) {
  auto process = Process::Start(Shell("exec sleep 100"));
  ASSERT_TRUE(process.ok());
  EXPECT_EQ(process->Wait(absl::Milliseconds(1)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(process->Running());
}

TEST(Process, OverdueProcessIsKilledAndShowsOutput) {
  const auto result = RunProcess(Shell("echo started; exec sleep 100"), absl::Milliseconds(300));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("started"));
}

TEST(Process, DestructorLeavesNoProcess) {
  pid_t pid = 0;
  {
    auto process = Process::Start(Shell("exec sleep 100"));
    ASSERT_TRUE(process.ok());
    pid = process->pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

// The child starts a grandchild with this class and is killed. The kernel must end the grandchild.
TEST(Process, ChildEndsWhenItsParentIsKilled) {
  int channel[2];
  ASSERT_EQ(pipe(channel), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    auto process = Process::Start(Shell("exec sleep 100"));
    const pid_t pid = process.ok() ? process->pid() : 0;
    if (write(channel[1], &pid, sizeof(pid)) != sizeof(pid)) _exit(1);
    raise(SIGKILL);
  }
  pid_t orphan = 0;
  ASSERT_EQ(read(channel[0], &orphan, sizeof(orphan)), static_cast<ssize_t>(sizeof(orphan)));
  ASSERT_GT(orphan, 0);
  close(channel[0]);
  close(channel[1]);
  waitpid(parent, nullptr, 0);
  EXPECT_TRUE(WaitUntilGone(orphan));
}

TEST(TempDirectory, IsRemovedWithItsContent) {
  std::filesystem::path path;
  {
    const TempDirectory directory;
    path = directory.path();
    std::filesystem::create_directories(path / "a" / "b");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TempDirectory, DirectoryOfEndedProcessIsRemoved) {
  const TempDirectory own;
  const auto left = own.path().parent_path() / "millrace-test.999999999.abcdef";
  std::filesystem::create_directory(left);
  const TempDirectory next;
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(own.path()));
}

TEST(FreePort, CanBeListenedOn) {
  const auto listen = RunProcess(
      {.program = "python3",
       .arguments = {"-c",
                     "import socket, sys; socket.create_server(('127.0.0.1', int(sys.argv[1])))",
                     std::to_string(FreePort())}},
      kTimeout);
  ASSERT_TRUE(listen.ok()) << listen.status();
  EXPECT_EQ(listen->exit_code, 0) << listen->errors;
}

}  // namespace
}  // namespace millrace::testing

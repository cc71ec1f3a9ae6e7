// SPDX-License-Identifier: Apache-2.0

#include "client/program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace millrace::command {

Program::Program(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
  output_ = ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  if (posix_spawn(&process_, words.front(), &actions, nullptr, words.data(), environ) != 0) {
    process_ = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
}

Program::~Program() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  close(output_);
}

std::string Program::ReadLine() {
  std::string line;
  char character = 0;
  while (read(output_, &character, 1) == 1 && character != '\n') line += character;
  return line;
}

void Program::Signal(int number) { kill(process_, number); }

Outcome Program::Wait() {
  Outcome outcome;
  std::array<char, 4096> part{};
  for (ssize_t count = 0; (count = read(output_, part.data(), part.size())) > 0;) {
    outcome.output.append(part.data(), static_cast<size_t>(count));
  }
  int status = 0;
  if (process_ > 0 && waitpid(process_, &status, 0) == process_ && WIFEXITED(status)) {
    outcome.exit_code = WEXITSTATUS(status);
  }
  process_ = -1;
  return outcome;
}

Outcome RunProgram(const std::vector<std::string>& arguments) { return Program(arguments).Wait(); }

}  // namespace millrace::command

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace millrace::command {

// What a finished program left.
struct Outcome {
  int exit_code = -1;
  std::string output;  // both streams
};

// A program that runs, without a terminal. It ends with its owner at the latest.
class Program {
 public:
  // Starts the file `arguments.front()`.
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The next line of its output without the line break; empty at the end.
  std::string ReadLine();
  void Signal(int number);
  // Waits for the end; `output` holds what ReadLine did not give.
  Outcome Wait();

 private:
  pid_t process_ = -1;
  int output_ = -1;
};

Outcome RunProgram(const std::vector<std::string>& arguments);

}  // namespace millrace::command

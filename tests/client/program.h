// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace millrace::command {

// The result of a finished program.
struct Outcome {
  int exit_code = -1;
  std::string output;  // standard output and standard error
};

// A running program without a terminal. The destructor kills it.
class Program {
 public:
  // Starts the program `arguments.front()`.
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Returns the next line of output without the line break; empty at the end.
  std::string ReadLine();
  void Signal(int number);
  // Waits for the program to end. `output` is the output that ReadLine has not returned.
  Outcome Wait();

 private:
  pid_t process_ = -1;
  int output_ = -1;
};

Outcome RunProgram(const std::vector<std::string>& arguments);

}  // namespace millrace::command

// SPDX-License-Identifier: Apache-2.0

// Prints the completion script of `millrace` for a shell. Runs when packages are built; not
// installed.

#include <iostream>
#include <string_view>

#include "command_line.h"
#include "completion.h"

int main(int argc, char** argv) {
  const millrace::command::CommandLine line;
  const std::string_view shell = argc == 2 ? argv[1] : "";
  if (shell == "bash") {
    std::cout << millrace::command::BashCompletion(line.app(), line.choices());
  } else if (shell == "zsh") {
    std::cout << millrace::command::ZshCompletion(line.app(), line.choices());
  } else if (shell == "fish") {
    std::cout << millrace::command::FishCompletion(line.app(), line.choices());
  } else {
    std::cerr << "usage: millrace_completion bash|zsh|fish\n";
    return millrace::command::kExitUsage;
  }
  return std::cout.flush() ? millrace::command::kExitOk : millrace::command::kExitFailure;
}

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "completion.h"

namespace millrace::command {

// Exit codes of the command.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

// The options and subcommands of `millrace`. Constructing it has no side effects.
class CommandLine {
 public:
  CommandLine();
  ~CommandLine();

  // The command tree, from which completion scripts and man pages are generated.
  const CLI::App& app() const;
  const Choices& choices() const;

  // Runs the command and returns the exit code. Call it once, before any thread starts.
  int Run(int argc, char** argv);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::command

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "completion.h"

namespace millrace::command {

// An option, or an argument without a name.
struct CompletionOption {
  enum class Value { kNone, kText, kFile, kDirectory, kChoice };

  std::vector<std::string> names;  // with their hyphens; empty for an argument
  std::string help;                // one line
  Value value = Value::kNone;
  std::string type;  // such as PATTERN
  std::vector<std::string> choices;
  bool repeats = false;  // takes several values
};

// A command, with its own options and those of the commands above it.
struct CompletionCommand {
  std::string path;  // such as "millrace proto export"
  std::string name;
  std::string help;
  std::vector<CompletionOption> options;
  std::vector<CompletionOption> arguments;
  std::vector<CompletionCommand> commands;
};

CompletionCommand ReadCompletionTree(const CLI::App& app, const Choices& choices);

// `root` and all below it, each after the command that holds it.
std::vector<const CompletionCommand*> AllCommands(const CompletionCommand& root);

// `text` within single quotes, as bash and zsh read it.
std::string ShellQuoted(const std::string& text);

}  // namespace millrace::command

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "completion.h"

namespace millrace::command {

// An option, or a positional argument.
struct CompletionOption {
  enum class Value { kNone, kText, kFile, kDirectory, kChoice };

  std::vector<std::string> names;  // with hyphens; empty for an argument
  std::string help;                // one line
  Value value = Value::kNone;
  std::string type;  // such as PATTERN
  std::vector<std::string> choices;
  bool repeats = false;  // takes several values
};

// A command with its own options and those of its parent commands.
struct CompletionCommand {
  std::string path;  // such as "millrace proto export"
  std::string name;
  std::string help;
  std::vector<CompletionOption> options;
  std::vector<CompletionOption> arguments;
  std::vector<CompletionCommand> commands;
};

CompletionCommand ReadCompletionTree(const CLI::App& app, const Choices& choices);

// `root` and all commands below it, parents first.
std::vector<const CompletionCommand*> AllCommands(const CompletionCommand& root);

// `text` in single quotes, for bash and zsh.
std::string ShellQuoted(const std::string& text);

}  // namespace millrace::command

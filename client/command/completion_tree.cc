// SPDX-License-Identifier: Apache-2.0

#include "completion_tree.h"

#include "CLI/CLI.hpp"

namespace millrace::command {
namespace {

using Value = CompletionOption::Value;

Value ValueKind(const CLI::Option& option, bool has_choices) {
  if (option.get_items_expected_max() == 0) return Value::kNone;
  if (has_choices) return Value::kChoice;
  const std::string type = option.get_type_name();
  if (type == "FILE") return Value::kFile;
  return type == "DIR" ? Value::kDirectory : Value::kText;
}

CompletionOption ReadOption(const CLI::Option& option, const Choices& choices) {
  CompletionOption result;
  for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  result.help = option.get_description().substr(0, option.get_description().find('\n'));
  const auto words = choices.find(&option);
  if (words != choices.end()) result.choices = words->second;
  result.value = ValueKind(option, !result.choices.empty());
  result.type = option.get_type_name();
  result.repeats = option.get_items_expected_max() > 1;
  return result;
}

bool Has(const std::vector<CompletionOption>& options, const CompletionOption& option) {
  for (const CompletionOption& other : options) {
    if (other.names == option.names) return true;
  }
  return false;
}

CompletionCommand ReadCommand(const CLI::App& app, const Choices& choices,
                              const CompletionCommand* parent) {
  CompletionCommand command;
  command.name = app.get_name();
  command.path = parent == nullptr ? command.name : parent->path + " " + command.name;
  command.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    CompletionOption read = ReadOption(*option, choices);
    (read.names.empty() ? command.arguments : command.options).push_back(std::move(read));
  }
  if (parent != nullptr) {
    for (const CompletionOption& option : parent->options) {
      if (!Has(command.options, option)) command.options.push_back(option);
    }
  }
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!child->get_group().empty()) {
      command.commands.push_back(ReadCommand(*child, choices, &command));
    }
  }
  return command;
}

void Collect(const CompletionCommand& command, std::vector<const CompletionCommand*>& all) {
  all.push_back(&command);
  for (const CompletionCommand& child : command.commands) Collect(child, all);
}

}  // namespace

CompletionCommand ReadCompletionTree(const CLI::App& app, const Choices& choices) {
  return ReadCommand(app, choices, nullptr);
}

std::vector<const CompletionCommand*> AllCommands(const CompletionCommand& root) {
  std::vector<const CompletionCommand*> all;
  Collect(root, all);
  return all;
}

std::string ShellQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char character : text) {
    if (character == '\'') {
      quoted += "'\\''";
    } else {
      quoted += character;
    }
  }
  return quoted + "'";
}

}  // namespace millrace::command

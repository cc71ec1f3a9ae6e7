// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "completion_tree.h"
#include "fmt/format.h"

namespace millrace::command {
namespace {

using Value = CompletionOption::Value;

// Name of the function that completes a command: _millrace_proto_export.
std::string FunctionOf(const CompletionCommand& command) {
  return "_" + absl::StrReplaceAll(command.path, {{" ", "_"}});
}

std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}});
}

// The action of _arguments that completes a value.
std::string ActionOf(const CompletionOption& option) {
  switch (option.value) {
    case Value::kFile:
      return "_files";
    case Value::kDirectory:
      return "_files -/";
    case Value::kChoice:
      return option.repeats ? fmt::format("_values -s , {} {}", option.type,
                                          absl::StrJoin(option.choices, " "))
                            : fmt::format("({})", absl::StrJoin(option.choices, " "));
    default:
      return "";
  }
}

std::string ValueOf(const CompletionOption& option) {
  return fmt::format(":{}:{}", Escaped(option.type), ActionOf(option));
}

// A spec of _arguments for each name of the option.
std::string OptionLines(const CompletionOption& option) {
  std::string lines;
  const bool several = option.repeats || option.names.size() > 1;
  const std::string excluded = fmt::format("({})", absl::StrJoin(option.names, " "));
  for (const std::string& name : option.names) {
    std::string spec = option.repeats ? "*" : several ? excluded : "";
    spec += name + "[" + Escaped(option.help) + "]";
    if (option.value != Value::kNone) spec += ValueOf(option);
    lines += "    " + ShellQuoted(spec) + " \\\n";
  }
  return lines;
}

std::string ArgumentLines(const CompletionCommand& command) {
  std::string lines;
  for (const CompletionOption& argument : command.arguments) {
    lines += "    " + ShellQuoted((argument.repeats ? "*" : "") + ValueOf(argument)) + " \\\n";
  }
  return lines;
}

// Calls the function of the typed subcommand.
std::string CommandCases(const CompletionCommand& command) {
  std::string words, cases;
  for (const CompletionCommand& child : command.commands) {
    words += "        " + ShellQuoted(child.name + ":" + child.help) + "\n";
    cases += fmt::format("        {}) {} ;;\n", child.name, FunctionOf(child));
  }
  return fmt::format(R"(  case $state in
    command)
      local -a commands=(
{}      )
      _describe command commands
      ;;
    rest)
      case $words[1] in
{}      esac
      ;;
  esac
)",
                     words, cases);
}

std::string Function(const CompletionCommand& command) {
  std::string text = FunctionOf(command) + "() {\n";
  const bool parent = !command.commands.empty();
  if (parent) text += "  local curcontext=$curcontext state line\n  typeset -A opt_args\n";
  text += parent ? "  _arguments -C \\\n" : "  _arguments \\\n";
  for (const CompletionOption& option : command.options) text += OptionLines(option);
  text += ArgumentLines(command);
  text +=
      parent ? "    '1: :->command' '*:: :->rest'\n" + CommandCases(command) : "    && return\n";
  return text + "}\n\n";
}

}  // namespace

std::string ZshCompletion(const CLI::App& app, const Choices& choices) {
  const CompletionCommand root = ReadCompletionTree(app, choices);
  std::string text = fmt::format(
      "#compdef {0}\n# Completion of {0} for zsh, generated from its command line.\n\n", root.name);
  for (const CompletionCommand* command : AllCommands(root)) text += Function(*command);
  // If zsh loads the file from $fpath, it is the body of the function; if it is sourced, it only
  // registers the function.
  return text + fmt::format(
                    "if [[ $funcstack[1] == _{0} ]]; then\n  _{0} \"$@\"\nelse\n"
                    "  compdef _{0} {0}\nfi\n",
                    root.name);
}

}  // namespace millrace::command

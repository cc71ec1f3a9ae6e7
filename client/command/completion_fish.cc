// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "completion_tree.h"
#include "fmt/format.h"

namespace millrace::command {
namespace {

using Value = CompletionOption::Value;

std::string FishQuoted(const std::string& text) {
  return "'" + absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}) + "'";
}

// A shell function that prints the command path typed so far.
std::string PathFunction(const std::vector<const CompletionCommand*>& all) {
  const std::string& root = all.front()->path;
  std::string cases;
  for (const CompletionCommand* command : all) {
    for (const CompletionCommand& child : command->commands) {
      cases += fmt::format("            case {}\n                set path {}\n",
                           FishQuoted(command->path + "|" + child.name), FishQuoted(child.path));
    }
    for (const CompletionOption& option : command->options) {
      if (option.value == Value::kNone) continue;
      for (const std::string& name : option.names) {
        cases += fmt::format("            case {}\n                set skip 1\n",
                             FishQuoted(command->path + "|" + name));
      }
    }
  }
  return fmt::format(R"(function __{0}_path
    set -l path {0}
    set -l skip 0
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch "$path|$word"
{1}        end
    end
    echo $path
end

function __{0}_at
    test (__{0}_path) = "$argv"
end
)",
                     root, cases);
}

std::string FishValueOf(const CompletionOption& option) {
  switch (option.value) {
    case Value::kNone:
      return "";
    case Value::kFile:
      return " -r -F";
    case Value::kDirectory:
      return " -x -a '(__fish_complete_directories)'";
    case Value::kChoice:
      return " -x -a " + FishQuoted(absl::StrJoin(option.choices, " "));
    case Value::kText:
      return " -x";
  }
  return "";
}

std::string NamesOf(const CompletionOption& option) {
  std::string text;
  for (const std::string& name : option.names) {
    const bool is_long = name.rfind("--", 0) == 0;
    text += is_long ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  return text;
}

std::string Lines(const CompletionCommand& command, const std::string& root) {
  const std::string begin = fmt::format("complete -c {0} -n {1}", root,
                                        FishQuoted(fmt::format("__{}_at {}", root, command.path)));
  std::string text;
  for (const CompletionCommand& child : command.commands) {
    text += fmt::format("{} -a {} -d {}\n", begin, child.name, FishQuoted(child.help));
  }
  for (const CompletionOption& argument : command.arguments) {
    if (argument.choices.empty()) continue;
    text += fmt::format("{} -a {}\n", begin, FishQuoted(absl::StrJoin(argument.choices, " ")));
  }
  for (const CompletionOption& option : command.options) {
    text += fmt::format("{}{}{} -d {}\n", begin, NamesOf(option), FishValueOf(option),
                        FishQuoted(option.help));
  }
  return text;
}

}  // namespace

std::string FishCompletion(const CLI::App& app, const Choices& choices) {
  const CompletionCommand root = ReadCompletionTree(app, choices);
  const auto all = AllCommands(root);
  std::string text = fmt::format(
      "# Completion of {0} for fish, generated from its command line.\n\n{1}\ncomplete -c {0} -f\n",
      root.name, PathFunction(all));
  for (const CompletionCommand* command : all) text += Lines(*command, root.name);
  return text;
}

}  // namespace millrace::command

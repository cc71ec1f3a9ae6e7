// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_join.h"
#include "completion_tree.h"
#include "fmt/format.h"

namespace millrace::command {
namespace {

using Value = CompletionOption::Value;

// Needs bash 4, not the package bash-completion. bash splits `--name=value` into three words, so
// the script skips a `=`.
constexpr char kScriptHead[] = R"(# Completion of {0} for bash, generated from its command line.

_{0}_files() {{
  compopt -o filenames 2>/dev/null || true
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}}

# One of the words, or one more after a comma.
_{0}_choices() {{
  local before=''
  [[ $current != *,* ]] || before=${{current%,*}},
  mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${{current##*,}}")
}}

_{0}() {{
  local command={0} current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
  local commands='' options='' choices='' i
  COMPREPLY=()
  if [[ $current == = ]]; then
    current=''
  elif [[ $previous == = ]]; then
    previous=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
)";

constexpr char kScriptTail[] = R"(  if [[ $current == -* || -z $commands$choices ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$commands $choices" -- "$current")
  fi
}}

complete -F _{0} {0}
)";

// The patterns for a `case` statement: one for each name of `option` in `command`.
std::string Patterns(const CompletionCommand& command, const CompletionOption& option) {
  std::vector<std::string> patterns;
  for (const std::string& name : option.names) patterns.push_back(command.path + "|" + name);
  for (std::string& pattern : patterns) pattern = ShellQuoted(pattern);
  return absl::StrJoin(patterns, " | ");
}

// Follows the subcommands in the words before the one to complete.
std::string FollowSubcommands(const std::vector<const CompletionCommand*>& all) {
  std::string text =
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case \"$command|${COMP_WORDS[i]}\" in\n";
  for (const CompletionCommand* command : all) {
    for (const CompletionCommand& child : command->commands) {
      text += fmt::format("      {}) command={} ;;\n",
                          ShellQuoted(command->path + "|" + child.name), ShellQuoted(child.path));
    }
    for (const CompletionOption& option : command->options) {
      if (option.value == Value::kNone) continue;
      text += fmt::format("      {}) i=$((i + 1)) ;;\n", Patterns(*command, option));
    }
  }
  return text + "    esac\n  done\n";
}

std::string ValueAction(const CompletionOption& option, const std::string& name) {
  switch (option.value) {
    case Value::kFile:
      return fmt::format("_{}_files -f", name);
    case Value::kDirectory:
      return fmt::format("_{}_files -d", name);
    case Value::kChoice:
      return fmt::format("_{}_choices {}", name, ShellQuoted(absl::StrJoin(option.choices, " ")));
    default:
      return ":";
  }
}

// Completes the value of an option.
std::string Values(const std::vector<const CompletionCommand*>& all, const std::string& name) {
  std::string text = "  case \"$command|$previous\" in\n";
  for (const CompletionCommand* command : all) {
    for (const CompletionOption& option : command->options) {
      if (option.value == Value::kNone) continue;
      text += fmt::format("    {}) {}; return ;;\n", Patterns(*command, option),
                          ValueAction(option, name));
    }
  }
  return text + "  esac\n";
}

// Sets the words that each command allows at the cursor.
std::string Words(const std::vector<const CompletionCommand*>& all) {
  std::string text = "  case $command in\n";
  for (const CompletionCommand* command : all) {
    std::vector<std::string> commands, options, choices;
    for (const CompletionCommand& child : command->commands) commands.push_back(child.name);
    for (const CompletionOption& option : command->options) {
      options.insert(options.end(), option.names.begin(), option.names.end());
    }
    for (const CompletionOption& argument : command->arguments) {
      choices.insert(choices.end(), argument.choices.begin(), argument.choices.end());
    }
    text += fmt::format("    {})\n      commands='{}'\n      choices='{}'\n      options='{}'\n",
                        ShellQuoted(command->path), absl::StrJoin(commands, " "),
                        absl::StrJoin(choices, " "), absl::StrJoin(options, " "));
    text += "      ;;\n";
  }
  return text + "  esac\n";
}

}  // namespace

std::string BashCompletion(const CLI::App& app, const Choices& choices) {
  const CompletionCommand root = ReadCompletionTree(app, choices);
  const auto all = AllCommands(root);
  return fmt::format(kScriptHead, root.name) + FollowSubcommands(all) + Values(all, root.name) +
         Words(all) + fmt::format(kScriptTail, root.name);
}

}  // namespace millrace::command

// SPDX-License-Identifier: Apache-2.0

// Runs each completion script in its shell.
#include "completion.h"

#include <fstream>
#include <functional>

#include "CLI/CLI.hpp"
#include "client/program.h"
#include "client/scratch_directory.h"
#include "command_line.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::command {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Calls `visit` for each command at any depth.
void EachCommand(const CLI::App& app, const std::function<void(const CLI::App&)>& visit) {
  visit(app);
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    EachCommand(*child, visit);
  }
}

class CompletionTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = scratch_.path() / name;
    std::ofstream(path) << text;
    return path;
  }

  // The words that bash offers for the last of `words`, one a line.
  std::string Bash(const std::string& words) const {
    const std::string script = Write("bash", BashCompletion(line_.app(), line_.choices()));
    return RunProgram({"/bin/bash", "-euc",
                       "source " + script + "; COMP_WORDS=(" + words +
                           "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _millrace; "
                           "printf '%s\n' \"${COMPREPLY[@]}\""})
        .output;
  }

  // The words that fish offers for `text`, one a line with its description.
  std::string Fish(const std::string& text) const {
    const std::string script = Write("fish", FishCompletion(line_.app(), line_.choices()));
    return RunProgram({"/usr/bin/env", "HOME=" + scratch_.path().string(), "fish", "--no-config",
                       "-c", "source " + script + "; complete -C '" + text + "'"})
        .output;
  }

  CommandLine line_;
  ScratchDirectory scratch_;
};

TEST_F(CompletionTest, EveryNameIsInEveryScript) {
  const std::string bash = BashCompletion(line_.app(), line_.choices());
  const std::string zsh = ZshCompletion(line_.app(), line_.choices());
  const std::string fish = FishCompletion(line_.app(), line_.choices());
  size_t options = 0;
  EachCommand(line_.app(), [&](const CLI::App& command) {
    EXPECT_THAT(bash, HasSubstr(command.get_name()));
    EXPECT_THAT(zsh, HasSubstr(command.get_name()));
    EXPECT_THAT(fish, HasSubstr(command.get_name()));
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        ++options;
        EXPECT_THAT(bash, HasSubstr("--" + name));
        EXPECT_THAT(zsh, HasSubstr("--" + name + "["));
        EXPECT_THAT(fish, HasSubstr(" -l " + name + " "));
      }
    }
  });
  EXPECT_GT(options, 40u);
}

TEST_F(CompletionTest, BashCompletesSubcommands) {
  EXPECT_EQ(Bash("millrace ta"), "tail\ntables\n");
  EXPECT_EQ(Bash("millrace snapshot pau"), "pause\n");
  EXPECT_EQ(Bash("millrace --server tail sta"), "status\n");
}

TEST_F(CompletionTest, BashCompletesOptions) {
  EXPECT_EQ(Bash("millrace tail --ta"), "--tables\n");
  EXPECT_EQ(Bash("millrace tail --tables shop.orders --oper"), "--operations\n");
  EXPECT_THAT(Bash("millrace snapshot start --"),
              AllOf(HasSubstr("--where\n"), HasSubstr("--json\n"), HasSubstr("--server\n")));
  EXPECT_THAT(Bash("millrace status --"), Not(HasSubstr("--where")));
}

TEST_F(CompletionTest, BashCompletesValues) {
  EXPECT_EQ(Bash("millrace tail --operations insert,del"), "insert,delete\n");
  EXPECT_EQ(Bash("millrace tail --from = sn"), "snapshot\n");
  EXPECT_EQ(Bash("millrace mirror rewind ear"), "earliest\n");
  const std::string file = Write("orders.token", "");
  EXPECT_EQ(Bash("millrace tail --token-file " + file.substr(0, file.size() - 3)), file + "\n");
}

TEST_F(CompletionTest, FishCompletes) {
  EXPECT_EQ(Fish("millrace ta"),
            "tables\tList captured tables, or the columns of one\n"
            "tail\tPrint changes as they happen\n");
  EXPECT_THAT(Fish("millrace tail --ta"), HasSubstr("--tables\tOnly these tables"));
  EXPECT_THAT(Fish("millrace --server tail snapshot pa"), HasSubstr("pause\t"));
  EXPECT_EQ(Fish("millrace mirror rewind ear"), "earliest\n");
}

// Types a line and TAB into an interactive zsh in a pseudo-terminal.
TEST_F(CompletionTest, ZshCompletes) {
  Write("_millrace", ZshCompletion(line_.app(), line_.choices()));
  const std::string driver = Write("driver", R"(
zmodload zsh/zpty
zpty shell zsh -f -i
ask() { zpty -w shell "$1"; zpty -r -m shell seen "*$2*" && print -r -- "$seen" }
ask "PS1= TERM=dumb fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; print re''ady" ready
zpty -n -w shell $'millrace tai\t--tab\t'
zpty -r -m shell seen '*millrace tail*--tables*' && print completed
zpty -d shell
)");
  const Outcome outcome = RunProgram({"/usr/bin/env", "HOME=" + scratch_.path().string(), "timeout",
                                      "20", "zsh", "-f", driver, scratch_.path().string()});
  EXPECT_THAT(outcome.output, HasSubstr("completed\n"));
}

}  // namespace
}  // namespace millrace::command

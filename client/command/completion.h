// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace millrace::command {

// The words that an option or argument takes, where these are few.
using Choices = std::map<const CLI::Option*, std::vector<std::string>>;

// Scripts that complete the command lines which `app` parses, including its subcommands at any
// depth. Values of the types FILE and DIR complete to paths, those in `choices` to their words.
// An option of a command is offered in its subcommands too, as `fallthrough` allows.
std::string BashCompletion(const CLI::App& app, const Choices& choices);
std::string ZshCompletion(const CLI::App& app, const Choices& choices);
std::string FishCompletion(const CLI::App& app, const Choices& choices);

}  // namespace millrace::command

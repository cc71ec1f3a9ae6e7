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

// The allowed words of options and arguments with a fixed set of values.
using Choices = std::map<const CLI::Option*, std::vector<std::string>>;

// Generate scripts that complete the command lines of `app` and all its subcommands. Values of type
// FILE and DIR complete to paths, those in `choices` to their words. A command's options are
// offered in its subcommands too, since `fallthrough` allows that.
std::string BashCompletion(const CLI::App& app, const Choices& choices);
std::string ZshCompletion(const CLI::App& app, const Choices& choices);
std::string FishCompletion(const CLI::App& app, const Choices& choices);

}  // namespace millrace::command

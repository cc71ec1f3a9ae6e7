// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace millrace::testing {

// Commands of a document with the output that it shows for them.
struct Example {
  int line = 0;          // Where the commands begin.
  std::string commands;  // The content of a block ```sh.
  // The content of the block ```text right after it, if there is one.
  std::optional<std::string> output;
};

// The examples of a Markdown file, in order. Blocks of other languages are no examples.
std::vector<Example> ExamplesOf(const std::filesystem::path& file);

// `output` without what differs from run to run: times, durations, rates, sizes, tokens, GTIDs,
// addresses, versions and the width of columns.
std::string WithoutVariables(const std::string& output);

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#include "system/documents/document.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <string_view>
#include <utility>

namespace millrace::testing {
namespace {

constexpr std::string_view kFence = "```";

struct Block {
  int line = 0;
  int last_line = 0;
  std::string language;
  std::string content;
};

// Without the indentation that the block has within a list.
std::string Unindented(const std::string& line, size_t indentation) {
  const size_t text = std::min(line.find_first_not_of(' '), line.size());
  return line.substr(std::min(indentation, text));
}

std::vector<Block> BlocksOf(const std::filesystem::path& file) {
  std::vector<Block> blocks;
  std::ifstream stream(file);
  std::optional<Block> open;
  size_t indentation = 0;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    const size_t begin = line.find_first_not_of(' ');
    const bool fence = begin != std::string::npos && line.compare(begin, 3, kFence) == 0;
    if (!fence) {
      if (open.has_value()) open->content += Unindented(line, indentation) + "\n";
    } else if (open.has_value()) {
      open->last_line = number;
      blocks.push_back(*std::exchange(open, std::nullopt));
    } else {
      open = {.line = number, .last_line = 0, .language = line.substr(begin + 3), .content = {}};
      indentation = begin;
    }
  }
  return blocks;
}

}  // namespace

std::vector<Example> ExamplesOf(const std::filesystem::path& file) {
  std::vector<Example> examples;
  int end_of_commands = -1;
  for (const Block& block : BlocksOf(file)) {
    // One empty line is between commands and their output.
    if (block.language == "text" && block.line <= end_of_commands + 2) {
      examples.back().output = block.content;
    }
    if (block.language != "sh") continue;
    examples.push_back({.line = block.line, .commands = block.content, .output = std::nullopt});
    end_of_commands = block.last_line;
  }
  return examples;
}

std::string WithoutVariables(const std::string& output) {
  static const std::vector<std::pair<std::regex, std::string>> variables = {
      {std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)"), "TIME"},
      {std::regex(R"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"), "UUID"},
      {std::regex(R"(UUID:\d+(-\d+)?)"), "GTIDS"},
      {std::regex(R"(\nclients +\d+)"), "\nclients NUMBER"},
      {std::regex(R"(\b[A-Za-z0-9_-]{24,})"), "TOKEN"},
      {std::regex(R"(\blog [0-9a-f]{16}\b)"), "log ID"},
      {std::regex(R"((127\.0\.0\.1:\d+|/\S+\.sock))"), "ADDRESS"},
      {std::regex(R"(\b(binlog|mysql-bin)\.\d+:\d+)"), "FILE:OFFSET"},
      {std::regex(R"(\b(mysql|mariadb) \d\S+)"), "VERSION"},
      {std::regex(R"([\d.,]+ (µs|ms|s|min|h|days?|B|KiB|MiB)\b(/s)?)"), "QUANTITY"},
      {std::regex(R"([\d.,]+ (changes|rows|records)/s)"), "RATE"},
      {std::regex(R"( +)"), " "},
      {std::regex(R"( ?\n)"), "\n"},
  };
  std::string text = output;
  for (const auto& [variable, name] : variables) text = std::regex_replace(text, variable, name);
  return text;
}

}  // namespace millrace::testing

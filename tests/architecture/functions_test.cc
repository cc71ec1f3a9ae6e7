// SPDX-License-Identifier: Apache-2.0

// Functions fit a screen. Longer ones are listed, and the list only shrinks.

#include "functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "sources.h"
#include "text_of.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

constexpr size_t kLinesListed = 40;
constexpr size_t kLinesMax = 70;

// Line of long_functions.txt: `lines path name`.
std::string EntryOf(const Source& source, const Function& function) {
  return std::to_string(function.lines) + " " + source.path.string() + " " + function.name;
}

// Entries of functions with more than `lines_max` lines.
std::multiset<std::string> LongerThan(size_t lines_max) {
  std::multiset<std::string> entries;
  for (const Source& source : SourcesBelow({"server", "client", "tests"})) {
    for (const Function& function : FunctionsIn(source.lines)) {
      if (function.lines > lines_max) entries.insert(EntryOf(source, function));
    }
  }
  return entries;
}

struct Listed {
  std::multiset<std::string> entries;
  std::set<std::string> tables;  // entries that are marked as tables of data
};

Listed ReadList() {
  constexpr std::string_view kTable = " table";
  Listed listed;
  std::istringstream lines(TextOf("tests/architecture/long_functions.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    if (line.ends_with(kTable)) {
      line.resize(line.size() - kTable.size());
      listed.tables.insert(line);
    }
    listed.entries.insert(line);
  }
  return listed;
}

std::vector<Function> FunctionsOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return FunctionsIn(lines);
}

TEST(FunctionLengths, ListOnlyShrinks) {
  const std::multiset<std::string> found = LongerThan(kLinesListed);
  const Listed listed = ReadList();
  for (const std::string& entry : found) {
    EXPECT_TRUE(listed.entries.contains(entry))
        << entry << " has more than 40 lines, or more than long_functions.txt allows: split it";
  }
  for (const std::string& entry : listed.entries) {
    EXPECT_TRUE(found.contains(entry))
        << entry << " has changed: update its length in long_functions.txt, or remove the line";
  }
  EXPECT_EQ(found.size(), listed.entries.size());
}

TEST(FunctionLengths, AreAtMostSeventyExceptTables) {
  const Listed listed = ReadList();
  for (const std::string& entry : LongerThan(kLinesMax)) {
    EXPECT_TRUE(listed.tables.contains(entry)) << entry;
  }
}

TEST(FunctionLengths, AreFoundInTheWholeTree) {
  size_t functions = 0;
  for (const Source& source : SourcesBelow({"server", "client"})) {
    functions += FunctionsIn(source.lines).size();
  }
  EXPECT_GT(functions, 1500u);
}

TEST(Functions, SpanFirstLineToClosingBrace) {
  EXPECT_THAT(FunctionsOf("namespace a {\n"
                          "// A comment {\n"
                          "int F(int x,\n"
                          "      int y) {\n"
                          "  for (;;) {\n"
                          "  }\n"
                          "}\n"
                          "\n"
                          "int G() { return 1; }\n"
                          "}  // namespace a\n"),
              ElementsAre(Function{"F", 3, 5}, Function{"G", 9, 1}));
}

TEST(Functions, HaveNamesOfTheirClasses) {
  EXPECT_THAT(FunctionsOf("class Log final : public Base {\n"
                          " public:\n"
                          "  Log();\n"
                          "  ~Log() = default;\n"
                          "  bool operator==(const Log& other) const { return true; }\n"
                          "  struct Range {\n"
                          "    int Size() const {\n"
                          "      return 0;\n"
                          "    }\n"
                          "    int size = 0;\n"
                          "  };\n"
                          "};\n"
                          "std::function<void(int)> Log::Open(std::vector<int> of) {\n"
                          "}\n"),
              ElementsAre(Function{"Log::operator==", 5, 1}, Function{"Log::Range::Size", 7, 3},
                          Function{"Log::Open", 13, 2}));
}

TEST(Functions, IncludeInitializersAndTemplate) {
  EXPECT_THAT(FunctionsOf("Log::Log(int a)\n"
                          "    : a_{a},\n"
                          "      b_{[] {\n"
                          "        return 1;\n"
                          "      }} {\n"
                          "  Run();\n"
                          "}\n"
                          "template <typename T = int>\n"
                          "void Swap(T& a, Options options = {}) {\n"
                          "}\n"),
              ElementsAre(Function{"Log::Log", 1, 7}, Function{"Swap", 8, 3}));
}

TEST(Functions, AreNotTablesOfData) {
  EXPECT_THAT(FunctionsOf("constexpr int kTable[] = {\n"
                          "    Of(1),\n"
                          "};\n"
                          "const Names kNames{\"a\"};\n"
                          "enum class State { kA, kB };\n"
                          "INSTANTIATE_TEST_SUITE_P(A, B, Values(C{1},\n"
                          "                                      C{2}));\n"
                          "void F() {\n"
                          "  auto g = [] { return 1; };\n"
                          "}\n"),
              ElementsAre(Function{"F", 8, 3}));
}

TEST(Functions, AreFoundDespiteBracesInTexts) {
  EXPECT_THAT(FunctionsOf("#define OPEN \\\n"
                          "  {\n"
                          "/* { */\n"
                          "TEST_F(Texts, HoldBraces) {\n"
                          "  const char* a = \"\\\"{\";\n"
                          "  const char b = '{', c = '\"';\n"
                          "  int d = 1'000;  // {\n"
                          "  F(R\"x({\n"
                          "# {\n"
                          "  )x\");\n"
                          "}\n"
                          "extern \"C\" int G() {\n"
                          "}\n"),
              ElementsAre(Function{"Texts.HoldBraces", 4, 8}, Function{"G", 12, 2}));
}

}  // namespace
}  // namespace millrace

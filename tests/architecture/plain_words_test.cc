// SPDX-License-Identifier: Apache-2.0

// Comments, texts and documents use plain words. plain_words.txt has the number of banned words
// that each room still has; the numbers only shrink.

#include "plain_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/generated_document.h"
#include "text_of.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

constexpr char kWordCountsPath[] = "tests/architecture/plain_words.txt";

constexpr char kWordCountsHeader[] =
    R"(# Banned words that each room still has: number, room. A room is a folder of server/ or a top
# folder of the tree; `.` is the top itself. plain_words.cc lists the words, and plain ones to use
# instead.
#
# The numbers only shrink. After you removed some of the words, run `architecture_test` with
# `MILLRACE_WRITE_DOCUMENTS=1` in the environment, which writes the new numbers. It raises none.

)";

// Number of banned words by room.
using WordCounts = std::map<std::string, size_t>;

// `path:line: words` of each use, by room.
using UsesByRoom = std::map<std::string, std::vector<std::string>>;

// `path` is below the top of the tree.
std::string RoomOfPath(const fs::path& path) {
  const auto parts = std::distance(path.begin(), path.end());
  const std::string top = *path.begin();
  if (parts == 1) return ".";
  if (top != "server" || parts == 2) return top;
  return top + "/" + std::next(path.begin())->string();
}

bool IsSourceWithWords(const fs::path& path) {
  static const std::set<std::string> extensions = {".cc", ".h", ".inc", ".proto"};
  // These files contain the banned words themselves.
  if (path.stem().string().starts_with("plain_words")) return false;
  return extensions.count(path.extension().string()) > 0;
}

bool IsTextWithWords(const fs::path& path, const std::vector<std::string>& lines) {
  static const std::set<std::string> extensions = {".cmake", ".md", ".py", ".sh", ".yaml"};
  if (path.filename() == "CMakeLists.txt") return true;
  if (extensions.count(path.extension().string()) > 0) return true;
  return !lines.empty() && lines.front().starts_with("#!");
}

std::vector<BannedUse> BannedUsesInFile(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (IsSourceWithWords(path)) return BannedUsesInSource(lines);
  if (IsTextWithWords(path, lines)) return BannedUsesInText(lines);
  return {};
}

// All files of the tree except build output.
std::vector<fs::path> FilesOfTree() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(MILLRACE_SOURCE)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  for (const char* folder : {".ci", "client", "deploy", "proto", "server", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(MILLRACE_SOURCE) / folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

const UsesByRoom& BannedUsesOfTree() {
  static const UsesByRoom uses = [] {
    UsesByRoom found;
    for (const fs::path& file : FilesOfTree()) {
      const fs::path path = fs::relative(file, MILLRACE_SOURCE);
      for (const BannedUse& use : BannedUsesInFile(file)) {
        found[RoomOfPath(path)].push_back(path.string() + ":" + std::to_string(use.line) + ": " +
                                          use.words);
      }
    }
    return found;
  }();
  return uses;
}

WordCounts ReadWordCounts() {
  WordCounts counts;
  std::istringstream lines(TextOf(kWordCountsPath));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    size_t count = 0;
    std::string room;
    words >> count >> room;
    counts[room] = count;
  }
  return counts;
}

size_t CountOfRoom(const WordCounts& counts, const std::string& room) {
  const auto found = counts.find(room);
  return found != counts.end() ? found->second : 0;
}

// The text of plain_words.txt after this run: a number shrinks to what was found and never grows.
std::string WordCountsDocument(const WordCounts& listed) {
  std::string text = kWordCountsHeader;
  for (const auto& [room, uses] : BannedUsesOfTree()) {
    const size_t count = std::min(uses.size(), CountOfRoom(listed, room));
    if (count > 0) text += std::to_string(count) + " " + room + "\n";
  }
  return text;
}

std::string LinesOfUses(const std::vector<std::string>& uses) {
  std::string text;
  for (const std::string& use : uses) text += "  " + use + "\n";
  return text;
}

TEST(PlainWords, CountsOnlyShrink) {
  const WordCounts listed = ReadWordCounts();
  for (const auto& [room, uses] : BannedUsesOfTree()) {
    EXPECT_LE(uses.size(), CountOfRoom(listed, room))
        << room << " has more banned words than plain_words.txt allows. Rewrite one of these:\n"
        << LinesOfUses(uses);
  }
}

TEST(PlainWords, CountsAreUpToDate) {
  ExpectDocument(fs::path(MILLRACE_SOURCE) / kWordCountsPath, WordCountsDocument(ReadWordCounts()));
}

TEST(PlainWords, WholeTreeIsSearched) { EXPECT_THAT(FilesOfTree().size(), Gt(1000u)); }

TEST(PlainWords, RoomIsFolderOfServerOrTopFolder) {
  EXPECT_EQ(RoomOfPath("README.md"), ".");
  EXPECT_EQ(RoomOfPath("tests/log/frame_test.cc"), "tests");
  EXPECT_EQ(RoomOfPath("server/ERRORS.md"), "server");
  EXPECT_EQ(RoomOfPath("server/log/log.cc"), "server/log");
}

TEST(BannedWords, AreFoundInCommentsAndStrings) {
  EXPECT_THAT(BannedUsesInSource({"// Reads anew.", "Log(\"the source told\");  // It stood there.",
                                  "/* mends", "   shall */ int a = 1'000;",
                                  "const char* raw = R\"x(\"lies\")x\";"}),
              ElementsAre(BannedUse{"anew", 1}, BannedUse{"told", 2}, BannedUse{"stood", 2},
                          BannedUse{"mends", 3}, BannedUse{"shall", 4}, BannedUse{"lies", 5}));
}

TEST(BannedWords, MayBeNamesInCode) {
  EXPECT_THAT(BannedUsesInSource({"int told = Tells(anew_);  // `told_of`, `Foretold`"}),
              IsEmpty());
}

TEST(BannedWords, AreSearchedInWholeDocument) {
  EXPECT_THAT(BannedUsesInText({"# Told", "", "nothing 'stands'"}),
              ElementsAre(BannedUse{"told", 1}, BannedUse{"stands", 3}));
}

TEST(BannedWords, PhraseMayCrossLines) {
  EXPECT_THAT(BannedUsesInSource({"// Retries in", "// vain.", "F(\"a moment \"", "  \"later\");"}),
              ElementsAre(BannedUse{"in vain", 1}, BannedUse{"a moment later", 3}));
}

TEST(BannedWords, PhraseEndsAtCode) {
  EXPECT_THAT(BannedUsesInSource({"F(\"in\", \"vain\");"}), IsEmpty());
}

TEST(BannedWords, IdiomsAreAllowed) {
  EXPECT_THAT(BannedUsesInText({"It gives up. GTID stands for a name. It gives in."}),
              ElementsAre(BannedUse{"gives", 1}));
}

}  // namespace
}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

// The shape of the source tree: rooms include only what lies below them, and files fit a head.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace millrace {
namespace {

namespace fs = std::filesystem;

// Rooms of server/ by rank. A room may include rooms of a lower rank and itself; of its own rank
// only where `kNeighbours` says so.
const std::map<std::string, int>& Ranks() {
  static const std::map<std::string, int> ranks = {
      {"base", 0},      {"model", 1},    {"config", 1},    {"metrics", 1},  {"binlog", 2},
      {"wire", 2},      {"mysql", 2},    {"log", 2},       {"listener", 2}, {"schema", 3},
      {"transcode", 4}, {"coverage", 4}, {"condition", 4}, {"snapshot", 5}, {"feed", 5},
      {"ingest", 6},    {"kafka", 7},    {"api", 7},       {"admin", 8}};
  return ranks;
}

// Configuration and metrics use the vocabulary of model; the dump stream looks into the headers of
// events.
const std::map<std::string, std::string>& Neighbours() {
  static const std::map<std::string, std::string> neighbours = {
      {"config", "model"}, {"metrics", "model"}, {"mysql", "binlog"}};
  return neighbours;
}

struct Source {
  fs::path path;
  std::vector<std::string> lines;
};

std::vector<Source> SourcesBelow(const std::vector<std::string>& folders) {
  std::vector<Source> sources;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(MILLRACE_SOURCE) / folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      Source source{fs::relative(entry.path(), MILLRACE_SOURCE), {}};
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      sources.push_back(std::move(source));
    }
  }
  return sources;
}

bool MayInclude(const std::string& room, const std::string& other) {
  if (room == other) return true;
  const int own = Ranks().at(room);
  const int theirs = Ranks().at(other);
  if (theirs != own) return theirs < own;
  const auto neighbour = Neighbours().find(room);
  return neighbour != Neighbours().end() && neighbour->second == other;
}

// So all connections have the same credentials and session settings.
TEST(Architecture, OnlySourcePoolConnectsToTheSource) {
  static const std::regex kConnect(
      "Connection::Connect\\(|BinlogStream::Open\\(|ClientHandle::Connect\\(");
  int found = 0;
  for (const Source& source : SourcesBelow({"server"})) {
    const bool owns = std::next(source.path.begin())->string() == "mysql";
    for (const std::string& line : source.lines) {
      if (!std::regex_search(line, kConnect)) continue;
      ++found;
      EXPECT_TRUE(owns) << source.path << ": " << line;
    }
  }
  EXPECT_GE(found, 3);
}

// Others take changes apart with its parser, and put them together with its writer.
TEST(Architecture, OnlyWireKnowsTheLayoutOfChanges) {
  static const std::regex kNumber(
      "\\b(Change|Transaction|Source|SchemaChange|InvalidText|AmbiguousText|SubscribeResponse)"
      "::k[A-Za-z]+FieldNumber\\b|k(Transactions|Changes|Gtid|More)(Tag|True)\\b|\\blayout::");
  int found = 0;
  for (const Source& source : SourcesBelow({"server"})) {
    const bool owns = std::next(source.path.begin())->string() == "wire";
    for (const std::string& line : source.lines) {
      if (!std::regex_search(line, kNumber)) continue;
      ++found;
      EXPECT_TRUE(owns) << source.path << ": " << line;
    }
  }
  EXPECT_GE(found, 20) << "the test looks in the wrong place";
}

TEST(Architecture, NoRoomIncludesAHigherOne) {
  static const std::regex kInclude("^#include \"([a-z_]+)/");
  int includes = 0;
  for (const Source& source : SourcesBelow({"server"})) {
    const std::string room = std::next(source.path.begin())->string();
    if (Ranks().find(room) == Ranks().end()) continue;  // main.cc
    for (const std::string& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, kInclude)) continue;
      const std::string other = match[1];
      if (Ranks().find(other) == Ranks().end()) continue;  // a library
      ++includes;
      EXPECT_TRUE(MayInclude(room, other)) << source.path << ": " << line;
    }
  }
  EXPECT_GT(includes, 100) << "the test looks in the wrong place";
}

TEST(Architecture, EveryFolderOfServerIsARoomWithAReadme) {
  for (const auto& entry : fs::directory_iterator(fs::path(MILLRACE_SOURCE) / "server")) {
    if (!entry.is_directory()) continue;
    EXPECT_TRUE(Ranks().count(entry.path().filename())) << entry.path() << " has no rank";
    EXPECT_TRUE(fs::exists(entry.path() / "README.md")) << entry.path();
  }
}

TEST(Architecture, TheClientLibraryUsesNothingOfTheServer) {
  static const std::regex kInclude("^#include \"([a-z_]+)/");
  for (const Source& source : SourcesBelow({"client"})) {
    for (const std::string& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, kInclude)) continue;
      EXPECT_FALSE(Ranks().count(match[1])) << source.path << ": " << line;
    }
  }
}

// Tested without a source: what they are fed with comes from a producer and a session.
TEST(Architecture, WriterAndSupervisorKnowNothingOfMysql) {
  static const std::regex kFile("(writer|supervisor|backoff|committer|commit_group|waiting_group)");
  static const std::regex kInclude("^#include \"(mysql|binlog)/");
  int files = 0;
  for (const Source& source : SourcesBelow({"server/ingest"})) {
    if (!std::regex_match(source.path.stem().string(), kFile)) continue;
    ++files;
    for (const std::string& line : source.lines) {
      EXPECT_FALSE(std::regex_search(line, kInclude)) << source.path << ": " << line;
    }
  }
  EXPECT_EQ(files, 12);
}

TEST(Architecture, FilesFitAHead) {
  constexpr size_t kLinesMax = 800;
  constexpr size_t kColumnsMax = 100;
  for (const Source& source : SourcesBelow({"server", "client", "tests"})) {
    EXPECT_LE(source.lines.size(), kLinesMax) << source.path;
    for (size_t i = 0; i < source.lines.size(); ++i) {
      // An address or a raw string cannot be broken.
      if (source.lines[i].find("https://") != std::string::npos) continue;
      if (source.lines[i].find("R\"(") != std::string::npos) continue;
      // Counted in characters, not bytes.
      size_t columns = 0;
      for (const char c : source.lines[i]) columns += (c & 0xc0) != 0x80;
      EXPECT_LE(columns, kColumnsMax) << source.path << ":" << i + 1;
    }
  }
}

TEST(Architecture, EverySourceNamesItsLicence) {
  for (const Source& source : SourcesBelow({"server", "client", "tests"})) {
    ASSERT_FALSE(source.lines.empty()) << source.path;
    EXPECT_EQ(source.lines.front(), "// SPDX-License-Identifier: Apache-2.0") << source.path;
  }
}

TEST(Architecture, OnlyOneFolderOfServerKnowsTheClientLibraryOfMysql) {
  static const std::regex kInclude("^#include [<\"](mysql|mysqld_error|errmsg|ma_pvio)");
  for (const Source& source : SourcesBelow({"server"})) {
    if (std::next(source.path.begin())->string() == "mysql") continue;
    for (const std::string& line : source.lines) {
      const bool library =
          std::regex_search(line, kInclude) && line.find("\"mysql/") == std::string::npos;
      EXPECT_FALSE(library) << source.path << ": " << line;
    }
  }
}

}  // namespace
}  // namespace millrace

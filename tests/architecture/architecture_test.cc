// SPDX-License-Identifier: Apache-2.0

// Rules for the source tree: things that only one room may do, and sizes of files.

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>

#include "sources.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;

// Ensures that all connections have the same host, credentials and session settings.
TEST(Architecture, OnlyRoomMysqlConnectsToSource) {
  static const std::regex kConnect(
      "Connection::Connect\\(|BinlogStream::Open\\(|ClientHandle::Connect\\(");
  int found = 0;
  for (const Source& source : SourcesBelow({"server"})) {
    const bool owns = source.room() == "mysql";
    for (const std::string& line : source.lines) {
      if (!std::regex_search(line, kConnect)) continue;
      ++found;
      EXPECT_TRUE(owns) << source.path << ": " << line;
    }
  }
  EXPECT_GE(found, 3);
}

// Reload only checks that the files can be read.
TEST(Architecture, OnlySourcePoolReadsSourceCredentials) {
  static const std::regex kRead("\\b(ReadPassword|CheckTlsFiles)\\(");
  int found = 0;
  for (const Source& source : SourcesBelow({"server"})) {
    const std::string name = source.path.filename().string();
    const bool may = source.room() == "config" || name == "source_pool.cc" || name == "reload.cc";
    for (const std::string& line : source.lines) {
      if (!std::regex_search(line, kRead)) continue;
      ++found;
      EXPECT_TRUE(may) << source.path << ": " << line;
    }
  }
  EXPECT_GE(found, 4);
}

// Other rooms use the parser and the writer of `wire`.
TEST(Architecture, OnlyWireUsesLayoutOfChanges) {
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

TEST(Architecture, ClientLibraryIncludesNoRoom) {
  static const std::regex kInclude("^#include \"([a-z_]+)/");
  for (const Source& source : SourcesBelow({"client"})) {
    for (const std::string& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, kInclude)) continue;
      const bool is_room = fs::is_directory(fs::path(MILLRACE_SOURCE) / "server" / match[1].str());
      EXPECT_FALSE(is_room) << source.path << ": " << line;
    }
  }
}

// Ensures that both can be tested without a source: a session passes changes to them.
TEST(Architecture, WriterAndSupervisorAreIndependentOfMysql) {
  static const std::regex kFile("(writer|supervisor|backoff|committer|commit_group|pending_group)");
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

TEST(Architecture, FilesAndLinesAreShort) {
  constexpr size_t kLinesMax = 800;
  constexpr size_t kColumnsMax = 100;
  for (const Source& source : SourcesBelow({"server", "client", "tests"})) {
    EXPECT_LE(source.lines.size(), kLinesMax) << source.path;
    for (size_t i = 0; i < source.lines.size(); ++i) {
      // An address or a raw string cannot be wrapped.
      if (source.lines[i].find("https://") != std::string::npos) continue;
      if (source.lines[i].find("R\"(") != std::string::npos) continue;
      // Counts characters, not bytes.
      size_t columns = 0;
      for (const char c : source.lines[i]) columns += (c & 0xc0) != 0x80;
      EXPECT_LE(columns, kColumnsMax) << source.path << ":" << i + 1;
    }
  }
}

TEST(Architecture, EverySourceHasLicenceLine) {
  for (const Source& source : SourcesBelow({"server", "client", "tests"})) {
    ASSERT_FALSE(source.lines.empty()) << source.path;
    EXPECT_EQ(source.lines.front(), "// SPDX-License-Identifier: Apache-2.0") << source.path;
  }
}

TEST(Architecture, OnlyRoomMysqlIncludesClientLibrary) {
  static const std::regex kInclude("^#include [<\"](mysql|mysqld_error|errmsg|ma_pvio)");
  for (const Source& source : SourcesBelow({"server"})) {
    if (source.room() == "mysql") continue;
    for (const std::string& line : source.lines) {
      const bool library =
          std::regex_search(line, kInclude) && line.find("\"mysql/") == std::string::npos;
      EXPECT_FALSE(library) << source.path << ": " << line;
    }
  }
}

}  // namespace
}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

// Rooms of server/ include and link only the rooms that edges.txt allows.

#include "edges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>

#include "sources.h"
#include "text_of.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;
using ::testing::Pair;

namespace fs = std::filesystem;

const AllowedEdges& Allowed() {
  static const AllowedEdges edges = ParseEdges(TextOf("tests/architecture/edges.txt"));
  return edges;
}

const RoomEdges& Links() {
  static const RoomEdges links = ParseLinks(TextOf("server/CMakeLists.txt"));
  return links;
}

RoomNames RoomsIncludedBy(const Source& source) {
  static const std::regex kInclude("^#include \"([a-z_]+)/");
  RoomNames others;
  for (const std::string& line : source.lines) {
    std::smatch match;
    if (!std::regex_search(line, match, kInclude)) continue;
    const bool is_room = fs::is_directory(fs::path(MILLRACE_SOURCE) / "server" / match[1].str());
    if (is_room && match[1] != source.room()) others.insert(match[1]);
  }
  return others;
}

// Includes of all files of all rooms.
const RoomEdges& Includes() {
  static const RoomEdges includes = [] {
    RoomEdges edges;
    for (const Source& source : SourcesBelow({"server"})) {
      if (source.room() == source.path.filename()) continue;  // server/main.cc
      edges[source.room()].merge(RoomsIncludedBy(source));
    }
    return edges;
  }();
  return includes;
}

RoomNames Of(const RoomEdges& edges, const std::string& room) {
  const auto found = edges.find(room);
  return found != edges.end() ? found->second : RoomNames();
}

RoomNames Except(RoomNames names, const RoomNames& others) {
  std::erase_if(names, [&](const std::string& name) { return others.contains(name); });
  return names;
}

TEST(Rooms, AreListedFoldersOfServer) {
  for (const auto& entry : fs::directory_iterator(fs::path(MILLRACE_SOURCE) / "server")) {
    if (!entry.is_directory()) continue;
    EXPECT_TRUE(Allowed().all.contains(entry.path().filename()))
        << entry.path() << " has no line in tests/architecture/edges.txt";
    EXPECT_TRUE(fs::exists(entry.path() / "README.md")) << entry.path();
  }
  for (const auto& [room, others] : Allowed().all) {
    EXPECT_TRUE(Includes().contains(room)) << "edges.txt has a room without a folder: " << room;
  }
}

TEST(Rooms, IncludeOnlyListedRooms) {
  for (const Source& source : SourcesBelow({"server"})) {
    if (source.room() == source.path.filename()) continue;
    EXPECT_THAT(RoomsIncludedBy(source), IsSubsetOf(Of(Allowed().all, source.room())))
        << source.path;
  }
}

TEST(Rooms, UseEveryListedEdge) {
  for (const auto& [room, others] : Allowed().all) {
    EXPECT_THAT(Except(others, Of(Includes(), room)), IsEmpty())
        << room << " no longer includes these rooms: remove them from edges.txt";
  }
}

TEST(Rooms, HaveNoCycles) { EXPECT_THAT(RoomsInCycles(Allowed().all), IsEmpty()); }

TEST(Rooms, LinkOnlyIncludedRooms) {
  for (const auto& [room, others] : Links()) {
    EXPECT_THAT(others, IsSubsetOf(Of(Allowed().all, room))) << room;
    const RoomNames unlinked = Of(Allowed().headers_only, room);
    EXPECT_EQ(Except(others, unlinked), others) << room << ": edges.txt allows only its headers";
  }
}

TEST(Rooms, LinkIncludedRooms) {
  const RoomEdges reached = Closure(Links());
  for (const auto& [room, others] : Allowed().all) {
    const RoomNames linked = Except(others, Of(Allowed().headers_only, room));
    EXPECT_THAT(linked, IsSubsetOf(Of(reached, room))) << room << " in server/CMakeLists.txt";
  }
}

TEST(Edges, AreListedAfterTheirRoom) {
  const AllowedEdges edges = ParseEdges("# a comment\nbase\n\nlog  base (kafka)\n");
  EXPECT_THAT(edges.all,
              ElementsAre(Pair("base", IsEmpty()), Pair("log", ElementsAre("base", "kafka"))));
  EXPECT_THAT(edges.headers_only, ElementsAre(Pair("log", ElementsAre("kafka"))));
}

TEST(Edges, CmakeLinksAreEdges) {
  const RoomEdges links = ParseLinks(
      "millrace_room(base LIBRARIES log fmt::fmt)  # millrace_room(comment)\n"
      "millrace_room(log ROOMS base\n  LIBRARIES zstd)\n"
      "function(millrace_room name)\n"
      "millrace_room(feed)\n"
      "target_link_libraries(millrace_feed PRIVATE millrace_log millrace_warnings fmt::fmt)\n"
      "target_link_libraries(millraced PRIVATE millrace_feed)\n");
  EXPECT_THAT(links, ElementsAre(Pair("base", IsEmpty()), Pair("feed", ElementsAre("log")),
                                 Pair("log", ElementsAre("base"))));
}

TEST(Edges, CyclesAreFound) {
  EXPECT_THAT(RoomsInCycles({{"a", {"b"}}, {"b", {"c"}}, {"c", {}}}), IsEmpty());
  EXPECT_THAT(RoomsInCycles({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}), ElementsAre("b", "c"));
}

}  // namespace
}  // namespace millrace

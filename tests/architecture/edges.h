// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace millrace {

using RoomNames = std::set<std::string>;
// Rooms of server/ with the rooms that each one uses.
using RoomEdges = std::map<std::string, RoomNames>;

struct AllowedEdges {
  RoomEdges all;
  RoomEdges headers_only;  // the edges of `all` that are in parentheses
};

// Parses a text in the form of edges.txt.
AllowedEdges ParseEdges(std::string_view text);

// Returns the links between rooms in the text of a CMakeLists.txt (millrace_room and
// target_link_libraries). Skips executables.
RoomEdges ParseLinks(const std::string& text);

// Returns the edges and all indirect ones.
RoomEdges Closure(const RoomEdges& edges);

// Returns the rooms that can be reached from themselves.
RoomNames RoomsInCycles(const RoomEdges& edges);

}  // namespace millrace

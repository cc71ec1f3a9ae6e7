// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace millrace {

using RoomNames = std::set<std::string>;
// Rooms of server/ with the rooms that each is bound to.
using RoomEdges = std::map<std::string, RoomNames>;

struct AllowedEdges {
  RoomEdges all;
  RoomEdges headers_only;  // those of `all` that are in parentheses
};

// Of a text in the form of edges.txt.
AllowedEdges ParseEdges(std::string_view text);

// Links between rooms that the text of a CMakeLists.txt declares by millrace_room and
// target_link_libraries. Executables are left out.
RoomEdges ParseLinks(const std::string& text);

// The edges and all that follow from them.
RoomEdges Closure(const RoomEdges& edges);

// The rooms that can be reached from themselves.
RoomNames InCycles(const RoomEdges& edges);

}  // namespace millrace

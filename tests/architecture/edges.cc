// SPDX-License-Identifier: Apache-2.0

#include "edges.h"

#include <regex>
#include <sstream>

namespace millrace {
namespace {

std::string WithoutComments(const std::string& text) {
  return std::regex_replace(text, std::regex("#[^\n]*"), "");
}

// The first and second group of each match of `pattern`.
std::vector<std::pair<std::string, std::string>> Calls(const std::string& text,
                                                       const std::regex& pattern) {
  std::vector<std::pair<std::string, std::string>> calls;
  for (std::sregex_iterator call(text.begin(), text.end(), pattern), end; call != end; ++call) {
    calls.emplace_back((*call)[1], (*call)[2]);
  }
  return calls;
}

}  // namespace

AllowedEdges ParseEdges(std::string_view text) {
  AllowedEdges edges;
  std::istringstream lines(WithoutComments(std::string(text)));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string room;
    if (!(words >> room)) continue;
    RoomNames& others = edges.all[room];
    for (std::string other; words >> other;) {
      if (other.front() == '(') {
        other = other.substr(1, other.size() - 2);
        edges.headers_only[room].insert(other);
      }
      others.insert(other);
    }
  }
  return edges;
}

RoomEdges ParseLinks(const std::string& text) {
  static const std::regex kRoom(R"(\bmillrace_room\(\s*(\w+)([^)]*)\))");
  static const std::regex kLink(R"(\btarget_link_libraries\(\s*millrace_(\w+)([^)]*)\))");
  const std::string code = WithoutComments(text);
  RoomEdges links;
  for (const auto& [room, arguments] : Calls(code, kRoom)) {
    RoomNames& others = links[room];
    std::istringstream words(arguments);
    bool rooms = false;
    for (std::string word; words >> word;) {
      if (word == "ROOMS" || word == "LIBRARIES") {
        rooms = word == "ROOMS";
      } else if (rooms) {
        others.insert(word);
      }
    }
  }
  for (const auto& [room, arguments] : Calls(code, kLink)) {
    std::istringstream words(arguments);
    for (std::string word; words >> word;) {
      if (!word.starts_with("millrace_")) continue;
      const std::string other = word.substr(std::string_view("millrace_").size());
      if (links.contains(other)) links[room].insert(other);
    }
  }
  return links;
}

RoomEdges Closure(const RoomEdges& edges) {
  RoomEdges closure = edges;
  for (bool grown = true; grown;) {
    grown = false;
    for (auto& [room, reached] : closure) {
      RoomNames more = reached;
      for (const std::string& other : reached) {
        const auto next = closure.find(other);
        if (next != closure.end()) more.insert(next->second.begin(), next->second.end());
      }
      grown = grown || more.size() > reached.size();
      reached = std::move(more);
    }
  }
  return closure;
}

RoomNames RoomsInCycles(const RoomEdges& edges) {
  RoomNames found;
  for (const auto& [room, reached] : Closure(edges)) {
    if (reached.contains(room)) found.insert(room);
  }
  return found;
}

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

// Every reason of an error that the server can give is explained to who meets it, and nothing else
// is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "base/error.h"
#include "base/retry_policy.h"
#include "text_of.h"

namespace millrace {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

namespace fs = std::filesystem;

using Reasons = std::set<std::string>;

// Those that no user meets: who asked handles them.
const Reasons& Internal() {
  static const Reasons reasons = {
      "STREAM_BROKE",    // a reader of tables begins again in the next connection
      "COLUMN_UNKNOWN",  // a key that is not captured whole counts as none
  };
  return reasons;
}

// Those that keep the server from starting, so that nobody can call it.
const Reasons& OfTheStart() {
  static const Reasons reasons = {"LISTEN_FAILED", "TLS_FILE_UNREADABLE"};
  return reasons;
}

// All sources of a folder.
std::string TextOfSourcesBelow(const fs::path& folder) {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(MILLRACE_SOURCE) / folder)) {
    const std::string extension = entry.path().extension();
    if (extension == ".h" || extension == ".cc") text += TextOf(entry.path()) + "\n";
  }
  return text;
}

void AddMatches(const std::string& text, const std::regex& pattern, Reasons& to) {
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    to.insert((*match)[1]);
  }
}

// Functions that are given a reason, by their declarations.
const Reasons& Makers() {
  static const Reasons makers = [] {
    Reasons found = {"set_reason"};
    AddMatches(TextOfSourcesBelow("server"), std::regex(R"((\w+)\([^(){};]*string_view reason\b)"),
               found);
    return found;
  }();
  return makers;
}

// The arguments of the call that opens before `begin`, without those of calls among them.
std::string ArgumentsFrom(const std::string& text, size_t begin) {
  std::string arguments;
  int depth = 1;
  bool in_string = false;
  for (size_t i = begin; i < text.size() && depth > 0; ++i) {
    const char c = text[i];
    if (c == '"' && text[i - 1] != '\\') in_string = !in_string;
    if (!in_string && c == '(') ++depth;
    if (!in_string && c == ')') --depth;
    if (depth == 1) arguments += c;
  }
  return arguments;
}

Reasons ReasonsBelow(const fs::path& folder) {
  const std::string text = TextOfSourcesBelow(folder);
  static const std::regex kReason("\"([A-Z]+(?:_[A-Z]+)*)\"");
  Reasons reasons;
  for (const std::string& maker : Makers()) {
    const std::string call = maker + "(";
    for (size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
      AddMatches(ArgumentsFrom(text, at + call.size()), kReason, reasons);
    }
  }
  return reasons;
}

// What stands in the first column of tables.
Reasons ReasonsIn(const fs::path& path) {
  static const std::regex kRow(R"((?:^|\n)(?:// )?\| ([A-Z]+_[^|]*|STOPPING|INTERNAL) *\|)");
  static const std::regex kWord(R"(([A-Z]+(?:_[A-Z]+)+|STOPPING|INTERNAL))");
  Reasons rows;
  AddMatches(TextOf(path), kRow, rows);
  Reasons reasons;
  for (const std::string& row : rows) AddMatches(row, kWord, reasons);
  return reasons;
}

Reasons Without(const Reasons& all, const Reasons& others) {
  Reasons rest;
  for (const std::string& reason : all) {
    if (others.count(reason) == 0) rest.insert(reason);
  }
  return rest;
}

// Reasons in the first column of rows whose second is `what`.
Reasons ReasonsOfRows(const fs::path& path, const std::string& what) {
  Reasons rows;
  AddMatches(TextOf(path), std::regex(R"((?:^|\n)\| ([A-Z]+_[^|]*) \| )" + what + R"( \|)"), rows);
  Reasons reasons;
  for (const std::string& row : rows) {
    AddMatches(row, std::regex(R"(([A-Z]+(?:_[A-Z]+)+))"), reasons);
  }
  return reasons;
}

// Of a code that says nothing about it.
absl::Status ErrorOf(const std::string& reason) {
  return MakeError(absl::StatusCode::kInternal, reason, "");
}

const fs::path kReadme = "README.md";
const fs::path kProto = "proto/millrace/v1/error.proto";

TEST(Reasons, AreFoundHoweverTheyAreGiven) {
  // Directly, over two lines, through another function, as one of two, and by the map to gRPC.
  EXPECT_THAT(ReasonsBelow("server"),
              IsSupersetOf({"STOPPING", "TOKEN_MALFORMED", "CHARSET_UNKNOWN",
                            "EVENT_CHECKSUM_MISMATCH", "COLUMN_TYPE_UNKNOWN", "INTERNAL"}));
  EXPECT_THAT(ReasonsIn(kReadme), Contains("PAYLOAD_DAMAGED"));
  EXPECT_THAT(ReasonsIn(kProto), Contains("TOKEN_MALFORMED"));
}

TEST(Reasons, OfTheServerAreExplained) {
  const Reasons unexplained =
      Without(Without(ReasonsBelow("server"), ReasonsIn(kReadme)), Internal());
  EXPECT_THAT(unexplained, IsEmpty()) << "in the tables of README.md";
}

TEST(Reasons, ThatAreExplainedExist) {
  EXPECT_THAT(Without(ReasonsIn(kReadme), ReasonsBelow("server")), IsEmpty());
  EXPECT_THAT(Without(Internal(), ReasonsBelow("server")), IsEmpty());
}

TEST(Reasons, OfTheApiAreExplainedToItsUsersAndOperatorsAlike) {
  EXPECT_THAT(Without(ReasonsIn(kProto), ReasonsIn(kReadme)), IsEmpty());
}

TEST(Reasons, OfTheRoomsThatAnswerCallsAreInTheApi) {
  for (const char* room : {"api", "admin", "feed", "snapshot"}) {
    const Reasons given = ReasonsBelow(fs::path("server") / room);
    EXPECT_THAT(given, Not(IsEmpty())) << room;
    const Reasons unexplained = Without(Without(given, ReasonsIn(kProto)), Internal());
    EXPECT_THAT(Without(unexplained, OfTheStart()), IsEmpty()) << room;
  }
}

TEST(Reasons, AreRetriedAsTheReadmeSays) {
  const Reasons waits = ReasonsOfRows(kReadme, "waits");
  EXPECT_THAT(waits, IsSupersetOf({"SOURCE_UNREACHABLE", "DISK_FULL", "MIRROR_DENIED"}));
  for (const std::string& reason : waits) {
    const bool mirror = reason.rfind("MIRROR_", 0) == 0;
    EXPECT_TRUE(mirror ? MirrorMayRetry(ErrorOf(reason))
                       : FeedRetryPolicy(ErrorOf(reason)) != RetryPolicy::kStop)
        << reason;
  }
  const Reasons stops = ReasonsOfRows(kReadme, "stops");
  EXPECT_THAT(stops, IsSupersetOf({"SOURCE_PURGED", "EVENT_UNKNOWN"}));
  for (const std::string& reason : stops) {
    const RetryPolicy policy = FeedRetryPolicy(ErrorOf(reason));
    EXPECT_TRUE(policy == RetryPolicy::kStop || policy == RetryPolicy::kRetryOnce) << reason;
  }
  for (const std::string& reason : ReasonsOfRows(kReadme, "parks")) {
    EXPECT_FALSE(MirrorMayRetry(ErrorOf(reason))) << reason;
  }
}

}  // namespace
}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

// The table of errors has exactly the reasons that the server uses, and the documents match it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "base/error.h"
#include "base/reason.h"
#include "errors_document.h"
#include "sources.h"
#include "support/generated_document.h"
#include "text_of.h"

namespace millrace {
namespace {

using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

namespace fs = std::filesystem;

using Names = std::set<std::string>;

constexpr char kProto[] = "proto/millrace/v1/error.proto";

// The constant of a reason: kDiskFull for DISK_FULL.
std::string ConstantOf(std::string_view name) {
  std::string constant = "k";
  bool upper = true;
  for (const char c : name) {
    if (c != '_') constant += upper ? c : static_cast<char>(c - 'A' + 'a');
    upper = c == '_';
  }
  return constant;
}

// Group `group` of all matches in the sources below `folder`.
Names MatchesBelow(const std::string& folder, const std::regex& pattern, size_t group) {
  Names matches;
  for (const Source& source : SourcesBelow({folder})) {
    for (const std::string& line : source.lines) {
      for (std::sregex_iterator match(line.begin(), line.end(), pattern), end; match != end;
           ++match) {
        if ((*match)[group].matched) matches.insert((*match)[group]);
      }
    }
  }
  return matches;
}

// Names of the reasons whose constants are used below `folder`, except in comparisons.
Names ReasonsUsedBelow(const std::string& folder) {
  const Names constants = MatchesBelow(
      folder, std::regex(R"(HasReason\([^,]*, reason::k\w+|\breason::(k[A-Z]\w*))"), 1);
  Names names;
  for (const Reason* const reason : AllReasons()) {
    if (constants.count(ConstantOf(reason->name)) > 0) names.emplace(reason->name);
  }
  return names;
}

// Reasons in the tables of error.proto, with the second column.
std::map<std::string, std::string> ReasonsOfApi() {
  static const std::regex kRow(R"(\n// \| ([A-Z]+(?:_[A-Z]+)*) +\| ([^|]*[^| ]) +\|)");
  const std::string text = TextOf(kProto);
  std::map<std::string, std::string> rows;
  for (std::sregex_iterator match(text.begin(), text.end(), kRow), end; match != end; ++match) {
    rows.try_emplace((*match)[1], (*match)[2]);
  }
  return rows;
}

TEST(Reasons, NamesAreUpperSnakeCase) {
  for (const Reason* const reason : AllReasons()) {
    EXPECT_TRUE(std::regex_match(std::string(reason->name), std::regex("[A-Z]{2,}(_[A-Z]{2,})*")))
        << reason->name;
    EXPECT_LE(reason->name.size(), 63u);
  }
}

TEST(Reasons, HaveCompleteTableCells) {
  for (const Reason* const reason : AllReasons()) {
    for (const std::string_view cell : {reason->retry.text, reason->meaning, reason->remedy}) {
      EXPECT_FALSE(cell.empty()) << reason->name;
      EXPECT_EQ(cell.find_first_of("|\n"), std::string_view::npos) << reason->name;
    }
  }
}

TEST(Reasons, AreAllUsed) {
  const Names made = ReasonsUsedBelow("server");
  for (const Reason* const reason : AllReasons()) {
    EXPECT_EQ(made.count(std::string(reason->name)), 1u) << reason->name;
  }
}

TEST(Reasons, AreNeverStringLiterals) {
  const Names literals = MatchesBelow("server", std::regex("\"([A-Z]+(?:_[A-Z]+)*)\""), 1);
  EXPECT_THAT(literals, IsSupersetOf({"FORMAT_DESCRIPTION"}));
  for (const std::string& literal : literals) {
    EXPECT_EQ(FindReason(literal), nullptr) << "use reason::" << ConstantOf(literal);
  }
}

TEST(Reasons, UsedByClientExist) {
  const Names compared =
      MatchesBelow("client", std::regex(R"re([Rr]eason(?:Of\([^"]*\))? [=!]= "([A-Z_]+)")re"), 1);
  EXPECT_THAT(compared, IsSupersetOf({"STREAM_LIMIT", "TOKEN_MALFORMED", "TABLE_NOT_FOUND"}));
  for (const std::string& name : compared) EXPECT_NE(FindReason(name), nullptr) << name;
}

TEST(Reasons, MatchDocument) {
  ExpectDocument(fs::path(MILLRACE_SOURCE) / "server/ERRORS.md", ErrorsDocument());
}

TEST(Reasons, InApiHaveTheirCodes) {
  static const Names kCodes = [] {
    Names codes;
    for (const Reason* const reason : AllReasons()) {
      codes.insert(absl::StatusCodeToString(reason->code));
    }
    return codes;
  }();
  EXPECT_THAT(ReasonsOfApi(), Not(IsEmpty()));
  for (const auto& [name, column] : ReasonsOfApi()) {
    const Reason* const reason = FindReason(name);
    ASSERT_NE(reason, nullptr) << name;
    // The second table, for snapshots, has no column of codes.
    if (kCodes.count(column) > 0) {
      EXPECT_EQ(column, absl::StatusCodeToString(reason->code)) << name;
    }
  }
}

TEST(Reasons, OfServingRoomsAreInApi) {
  // Errors of the start: nobody can call a server that has not started.
  const Names startup_reasons = {"LISTEN_FAILED", "TLS_FILE_UNREADABLE"};
  const std::map<std::string, std::string> explained = ReasonsOfApi();
  for (const char* room : {"api", "admin", "feed", "snapshot"}) {
    const Names made = ReasonsUsedBelow(std::string("server/") + room);
    EXPECT_THAT(made, Not(IsEmpty())) << room;
    for (const std::string& name : made) {
      const bool internal = FindReason(name)->retry.text == retry::kHandledInternally.text;
      if (internal || startup_reasons.count(name) > 0) continue;
      EXPECT_EQ(explained.count(name), 1u) << name << " of " << room << " in " << kProto;
    }
  }
}

}  // namespace
}  // namespace millrace

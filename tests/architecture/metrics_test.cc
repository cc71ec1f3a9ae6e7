// SPDX-License-Identifier: Apache-2.0

// Every metric is explained to operators, and nothing is that does not exist.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "text_of.h"

namespace millrace {
namespace {

using ::testing::IsSubsetOf;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

using Names = std::set<std::string>;

Names Matches(const std::string& text, const std::regex& pattern) {
  Names names;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    names.insert((*match)[1]);
  }
  return names;
}

Names OfTheCollector() {
  return Matches(TextOf("server/admin/metrics_families.cc"),
                 std::regex(R"re((?:Counter|Gauge)\("([a-z_]+)")re"));
}

// What stands in the first column of the table.
Names OfTheReadme() {
  const std::string text = TextOf("README.md");
  std::string first_columns;
  for (const std::string& row :
       Matches(text, std::regex(R"(\n\| ((?:millrace|process)_[^|]*)\|)"))) {
    first_columns += row + " ";
  }
  return Matches(first_columns, std::regex("((?:millrace|process)_[a-z_]+)"));
}

Names OfTheAlerts() {
  return Matches(TextOf("deploy/prometheus.rules.yaml"),
                 std::regex(R"(\b(millrace_[a-z]+_[a-z_]+))"));
}

TEST(Metrics, AreFound) {
  EXPECT_THAT(OfTheCollector(), IsSupersetOf({"millrace_ingest_state", "millrace_build_info",
                                              "process_open_fds", "millrace_log_frames_total"}));
  EXPECT_THAT(OfTheCollector(), SizeIs(testing::Gt(40)));
}

TEST(Metrics, AreThoseThatTheReadmeLists) { EXPECT_EQ(OfTheCollector(), OfTheReadme()); }

TEST(Metrics, OfTheAlertsExist) {
  EXPECT_THAT(OfTheAlerts(), SizeIs(testing::Gt(5)));
  EXPECT_THAT(OfTheAlerts(), IsSubsetOf(OfTheCollector()));
}

}  // namespace
}  // namespace millrace

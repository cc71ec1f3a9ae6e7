// SPDX-License-Identifier: Apache-2.0

// Alerts and server/OPERATING.md name only metrics that exist. tests/admin checks METRICS.md.

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

Names CollectorMetrics() {
  return Matches(TextOf("server/admin/metrics_families.cc"),
                 std::regex(R"re((?:Counter|Gauge)\(\s*"([a-z_]+)")re"));
}

Names OperatingMetrics() {
  return Matches(TextOf("server/OPERATING.md"), std::regex(R"(`(millrace_[a-z]+_[a-z_]+)`)"));
}

Names AlertMetrics() {
  return Matches(TextOf("deploy/prometheus.rules.yaml"),
                 std::regex(R"(\b(millrace_[a-z]+_[a-z_]+))"));
}

TEST(Metrics, FamiliesAreFound) {
  EXPECT_THAT(CollectorMetrics(), IsSupersetOf({"millrace_ingest_state", "millrace_build_info",
                                                "process_open_fds", "millrace_log_frames_total"}));
  EXPECT_THAT(CollectorMetrics(), SizeIs(testing::Gt(40)));
}

TEST(Metrics, NamedInOperatingExist) {
  EXPECT_THAT(OperatingMetrics(), SizeIs(testing::Gt(5)));
  EXPECT_THAT(OperatingMetrics(), IsSubsetOf(CollectorMetrics()));
}

TEST(Metrics, NamedInAlertsExist) {
  EXPECT_THAT(AlertMetrics(), SizeIs(testing::Gt(5)));
  EXPECT_THAT(AlertMetrics(), IsSubsetOf(CollectorMetrics()));
}

}  // namespace
}  // namespace millrace

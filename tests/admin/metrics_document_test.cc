// SPDX-License-Identifier: Apache-2.0

// server/METRICS.md lists the metrics of the page.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin/metrics_families.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "support/generated_document.h"

namespace millrace::admin {
namespace {

namespace fs = std::filesystem;

constexpr char kHeader[] = R"(# Metrics

Generated from `server/admin/metrics_families.cc` and `deploy/prometheus.rules.yaml`. After a
change there, run `admin_test` with `MILLRACE_WRITE_DOCUMENTS=1` in the environment.

Names that end in `_total` are counters and count since the start of the process; the others are
gauges. Units are seconds and bytes. A metric without a value is absent. A server without a mirror
has no metrics of a mirror. The last column names the alerts of `deploy/prometheus.rules.yaml` that
use the metric.

| metric | labels | meaning | alerts |
|---|---|---|---|
)";

std::string TextOfFile(const fs::path& path) {
  std::ifstream file(fs::path(MILLRACE_SOURCE) / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A reading in which each metric has a value.
StatusReading FullReading() {
  StatusReading reading;
  reading.now = 1'000'000;
  reading.ingest.error = reading.ingest.error_reason = "text";
  reading.ingest.errors = {{"SOURCE_PURGED", 1}};
  reading.ingest.source_time = 1;
  reading.tables = {{{"shop", "orders"}, 1, 2, 3, 4}};
  reading.log.available_bytes = 1;
  reading.log.oldest_commit_time = 1;
  ReaderReading reader;
  reader.subscription = "billing";
  reader.lag = {.changes = 1, .time = 1};
  reading.feed.streams = {reader};
  reading.feed.subscriptions = {reader};
  reading.certificates.certificates.emplace_back();
  reading.certificates.error = MakeError(reason::kTlsFileUnreadable, "text");
  v1::MirrorStatus& mirror = reading.mirror.emplace();
  mirror.set_error("text");
  mirror.set_sequence(1);
  mirror.add_topics()->set_topic("shop.orders");
  return reading;
}

std::vector<prometheus::MetricFamily> AllFamilies() {
  SeriesLimits limits;
  return MetricFamilies(FullReading(), limits);
}

// Names of the family's labels, with their values if these are fixed.
std::string LabelsOf(const prometheus::MetricFamily& family) {
  std::vector<std::string> labels;
  for (const auto& label : family.metric.front().label) {
    std::vector<std::string> values;
    for (const auto& metric : family.metric) {
      for (const auto& other : metric.label) {
        const std::string value = "`" + other.value + "`";
        const bool listed = std::find(values.begin(), values.end(), value) != values.end();
        if (other.name == label.name && !listed) values.push_back(value);
      }
    }
    labels.push_back(values.size() > 1 ? fmt::format("{} ({})", label.name, fmt::join(values, ", "))
                                       : label.name);
  }
  return fmt::format("{}", fmt::join(labels, ", "));
}

// Names of the alerts whose expression contains the metric.
std::string AlertsOn(const std::string& name) {
  static const std::regex kAlert(R"(- alert: (\w+)\n\s+expr: ([^\n]*))");
  static const std::string rules = TextOfFile("deploy/prometheus.rules.yaml");
  const std::regex word("\\b" + name + "\\b");
  std::vector<std::string> alerts;
  for (std::sregex_iterator match(rules.begin(), rules.end(), kAlert), end; match != end; ++match) {
    if (std::regex_search((*match)[2].str(), word)) alerts.push_back((*match)[1]);
  }
  return fmt::format("{}", fmt::join(alerts, ", "));
}

TEST(MetricsDocument, ListsAllMetrics) {
  std::string text = kHeader;
  for (const prometheus::MetricFamily& family : AllFamilies()) {
    text += fmt::format("| {} | {} | {} | {} |\n", family.name, LabelsOf(family), family.help,
                        AlertsOn(family.name));
  }
  ExpectDocument(fs::path(MILLRACE_SOURCE) / "server/METRICS.md", text);
}

TEST(MetricsDocument, ContainsEveryMetricInTheCode) {
  static const std::regex kName(R"re((?:Counter|Gauge)\(\s*"([a-z_]+)")re");
  const std::string code = TextOfFile("server/admin/metrics_families.cc");
  std::set<std::string> listed;
  for (const auto& family : AllFamilies()) listed.insert(family.name);
  size_t found = 0;
  for (std::sregex_iterator match(code.begin(), code.end(), kName), end; match != end; ++match) {
    EXPECT_EQ(listed.count((*match)[1]), 1u) << (*match)[1];
    ++found;
  }
  EXPECT_EQ(found, listed.size());
}

}  // namespace
}  // namespace millrace::admin

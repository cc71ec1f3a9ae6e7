// SPDX-License-Identifier: Apache-2.0

// Prometheus can read deploy/prometheus.rules.yaml:
// https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "yaml-cpp/yaml.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// The rules of all groups.
std::vector<YAML::Node> AlertRules() {
  std::vector<YAML::Node> rules;
  const YAML::Node file = YAML::LoadFile(MILLRACE_ALERT_RULES);
  for (const YAML::Node& group : file["groups"]) {
    for (const YAML::Node& rule : group["rules"]) rules.push_back(rule);
  }
  return rules;
}

TEST(AlertRules, HaveThePrometheusFormat) {
  const std::set<std::string> keys = {"alert", "expr", "for", "annotations", "labels"};
  std::set<std::string> names;
  for (const YAML::Node& rule : AlertRules()) {
    for (const auto& entry : rule) EXPECT_TRUE(keys.contains(entry.first.Scalar()));
    const std::string name = rule["alert"].as<std::string>();
    EXPECT_THAT(name, MatchesRegex("Millrace[A-Za-z]+"));
    EXPECT_TRUE(names.insert(name).second) << name;
    const std::string expression = rule["expr"].as<std::string>();
    EXPECT_EQ(std::count(expression.begin(), expression.end(), '('),
              std::count(expression.begin(), expression.end(), ')'))
        << name;
    EXPECT_FALSE(rule["annotations"]["summary"].as<std::string>().empty()) << name;
    if (rule["for"]) {
      EXPECT_THAT(rule["for"].as<std::string>(), MatchesRegex("[0-9]+[smhd]"));
    }
  }
  EXPECT_GE(names.size(), 10u);
}

TEST(AlertRules, CoverCertificates) {
  std::string expressions;
  for (const YAML::Node& rule : AlertRules()) expressions += rule["expr"].as<std::string>() + "\n";
  EXPECT_THAT(expressions, HasSubstr("millrace_certificate_expires_seconds <"));
  EXPECT_THAT(expressions, HasSubstr("millrace_certificate_error"));
}

}  // namespace
}  // namespace millrace

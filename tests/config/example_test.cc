// SPDX-License-Identifier: Apache-2.0

// deploy/millrace.example.yaml documents the configuration: it must be complete and correct.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"
#include "yaml-cpp/yaml.h"

namespace millrace {
namespace {

constexpr char kExample[] = MILLRACE_EXAMPLE_CONFIG;

void CollectKeys(const YAML::Node& node, const std::string& section,
                 std::vector<std::string>& keys) {
  for (const auto& entry : node) {
    const std::string name = section + entry.first.Scalar();
    if (entry.second.IsMap() && entry.second.size() > 0) {
      CollectKeys(entry.second, name + ".", keys);
    } else {
      keys.push_back(name);
    }
  }
}

TEST(ExampleConfig, ShowsTheDefaults) {
  const auto config = LoadConfig(kExample);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(DumpConfig(*config), DumpConfig(Config()));
  EXPECT_EQ(*config, Config());
}

TEST(ExampleConfig, ShowsEveryKey) {
  std::vector<std::string> keys;
  CollectKeys(YAML::LoadFile(kExample), "", keys);
  EXPECT_THAT(keys, testing::UnorderedElementsAreArray(ConfigKeys()));
}

}  // namespace
}  // namespace millrace

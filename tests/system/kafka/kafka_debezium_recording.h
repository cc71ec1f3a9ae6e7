// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"
#include "support/kafka_record.h"

namespace millrace::testing {

using Json = nlohmann::json;

// A line of tests/kafka/debezium/scenarios.
struct DebeziumScenario {
  std::string name;
  std::string statements;
  std::map<std::string, std::string> settings;  // as the connector calls them

  bool Has(const std::string& setting, const std::string& value) const {
    const auto found = settings.find(setting);
    return found != settings.end() && found->second == value;
  }
};

// One of all; aborts if there is none of that name.
DebeziumScenario FindScenario(const std::string& name);
std::vector<DebeziumScenario> AllScenarios();

// `before` or `after`.
std::string StatementsFile(const DebeziumScenario& scenario, const std::string& part);

// Records of a topic in their order. Each has `key` and `value`, null where the record has none;
// `key_schema` and `value_schema` where they come with schemas; `headers` by name.
using DebeziumTopics = std::map<std::string, std::vector<Json>>;

// What Debezium wrote, by topic, but for the headers that Connect's runtime adds.
DebeziumTopics RecordedTopics(const std::string& scenario);

// What the mirror wrote: each record in the same form, with `sequence` besides. Whatever is named
// after `topic_prefix` is as if that had been `mill`.
DebeziumTopics MirroredTopics(const std::vector<KafkaRecord>& records,
                              const std::string& topic_prefix);

// What such records are of, as a list for a person.
std::string Listed(const std::vector<Json>& records);
// The operation of a record of a row; empty for others.
std::string OpOf(const Json& record);

std::string Replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace millrace::testing

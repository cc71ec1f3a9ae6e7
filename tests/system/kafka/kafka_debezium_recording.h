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
  std::map<std::string, std::string> settings;  // by the connector's names

  bool Has(const std::string& setting, const std::string& value) const {
    const auto found = settings.find(setting);
    return found != settings.end() && found->second == value;
  }
};

// Aborts if there is no scenario of that name.
DebeziumScenario FindScenario(const std::string& name);
std::vector<DebeziumScenario> AllScenarios();

// `part`: `before` or `after`.
std::string StatementsFile(const DebeziumScenario& scenario, const std::string& part);

// Records by topic, in order. Each has `key` and `value`, which may be null; `key_schema` and
// `value_schema` if the record has schemas; `headers` by name.
using DebeziumTopics = std::map<std::string, std::vector<Json>>;

// Debezium's records, without the headers that Connect's runtime adds.
DebeziumTopics RecordedTopics(const std::string& scenario);

// The mirror's records in the same form, with an additional `sequence`. `topic_prefix` is replaced
// by `mill` in all names.
DebeziumTopics MirroredTopics(const std::vector<KafkaRecord>& records,
                              const std::string& topic_prefix);

// A readable list of the records' operations and keys.
std::string Listed(const std::vector<Json>& records);
// The operation of a record with a row; empty for others.
std::string OpOf(const Json& record);

std::string Replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace millrace::testing

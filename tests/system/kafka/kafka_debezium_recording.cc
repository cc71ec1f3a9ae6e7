// SPDX-License-Identifier: Apache-2.0

#include "system/kafka/kafka_debezium_recording.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "system/kafka/kafka_fixture.h"

namespace millrace::testing {
namespace {

// The prefix of the recorded topics.
constexpr char kRecordedPrefix[] = "mill";

std::string PathOf(const std::string& file) {
  return std::string(MILLRACE_DEBEZIUM_DIRECTORY) + "/" + file;
}

[[noreturn]] void Die(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::abort();
}

std::ifstream OpenFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) Die("cannot read " + path);
  return file;
}

Json ParseOrDie(const std::string& text, const std::string& where) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) Die(fmt::format("{} is not JSON: {}", where, text));
  return json;
}

// Sets a key or value; splits it from its schema if it has one.
void SetPart(Json& record, const std::string& name, Json part) {
  const bool with_schema =
      part.is_object() && part.size() == 2 && part.contains("schema") && part.contains("payload");
  if (with_schema) record[name + "_schema"] = part["schema"];
  record[name] = with_schema ? part["payload"] : std::move(part);
}

// Headers that depend on the change, not on the sender.
bool IsChangeHeader(const std::string& header) {
  return header == "__debezium.newkey" || header == "__debezium.oldkey";
}

}  // namespace

std::string OpOf(const Json& record) {
  const bool is_row = record["value"].is_object() && record["value"].contains("op");
  return is_row ? record["value"]["op"] : "";
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string Listed(const std::vector<Json>& records) {
  std::vector<std::string> all;
  for (const Json& record : records) {
    const bool is_statement = record["value"].is_object() && record["value"].contains("ddl");
    all.push_back(is_statement ? record["value"]["ddl"].get<std::string>()
                               : fmt::format("{} {}", OpOf(record), record["key"].dump()));
  }
  return fmt::format("{} [{}]", records.size(), fmt::join(all, " | "));
}

std::vector<DebeziumScenario> AllScenarios() {
  std::ifstream file = OpenFile(PathOf("scenarios"));
  std::vector<DebeziumScenario> scenarios;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    DebeziumScenario scenario;
    if (!(words >> scenario.name) || scenario.name.starts_with("#")) continue;
    words >> scenario.statements;
    for (std::string setting; words >> setting;) {
      const size_t equals = setting.find('=');
      scenario.settings[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

DebeziumScenario FindScenario(const std::string& name) {
  for (DebeziumScenario& scenario : AllScenarios()) {
    if (scenario.name == name) return scenario;
  }
  Die("no scenario " + name);
}

std::string StatementsFile(const DebeziumScenario& scenario, const std::string& part) {
  return PathOf(fmt::format("statements/{}.{}.sql", scenario.statements, part));
}

DebeziumTopics RecordedTopics(const std::string& scenario) {
  std::ifstream file = OpenFile(PathOf("recorded/" + scenario + ".jsonl"));
  DebeziumTopics topics;
  for (std::string line; std::getline(file, line);) {
    const Json recorded = ParseOrDie(line, scenario);
    Json record = Json::object();
    SetPart(record, "key", recorded["key"]);
    SetPart(record, "value", recorded["value"]);
    record["headers"] = Json::object();
    for (const auto& [name, value] : recorded["headers"].items()) {
      if (IsChangeHeader(name)) record["headers"][name] = value;
    }
    topics[recorded["topic"]].push_back(std::move(record));
  }
  return topics;
}

DebeziumTopics MirroredTopics(const std::vector<KafkaRecord>& records,
                              const std::string& topic_prefix) {
  const auto parse = [&](const std::optional<std::string>& text, const std::string& topic) {
    if (!text.has_value()) return Json();
    return ParseOrDie(Replaced(*text, topic_prefix, kRecordedPrefix), topic);
  };
  DebeziumTopics topics;
  for (const KafkaRecord& mirrored : records) {
    const std::string topic = Replaced(mirrored.topic, topic_prefix, kRecordedPrefix);
    Json record = Json::object();
    SetPart(record, "key", parse(mirrored.key, topic));
    SetPart(record, "value", parse(mirrored.value, topic));
    record["headers"] = Json::object();
    for (const auto& [name, value] : mirrored.headers) {
      if (IsChangeHeader(name)) record["headers"][name] = parse(value, topic);
    }
    record["sequence"] = SequenceOf(mirrored);
    topics[topic].push_back(std::move(record));
  }
  return topics;
}

}  // namespace millrace::testing

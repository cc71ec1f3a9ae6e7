// SPDX-License-Identifier: Apache-2.0

// Compares the mirror's format debezium-json with the real Debezium's records of the same
// statements.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "fmt/format.h"
#include "support/installed.h"
#include "support/process.h"
#include "system/change_reader.h"
#include "system/kafka/kafka_debezium_differences.h"
#include "system/kafka/kafka_debezium_recording.h"
#include "system/kafka/kafka_fixture.h"
#include "system/kafka/kafka_ledger.h"
#include "system/snapshot_admin.h"

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;

// Statements that end a recording; their records are not part of it.
constexpr const char* kMarker[] = {"CREATE DATABASE recorder",
                                   "CREATE TABLE recorder.marker (id INT PRIMARY KEY)",
                                   "INSERT INTO recorder.marker VALUES (1)"};

// The mirror's names of the connector's and the converter's settings.
const std::map<std::string, std::string>& MirrorNames() {
  static const std::map<std::string, std::string> names = {
      {"skipped.operations", "skipped_operations"},
      {"tombstones.on.delete", "tombstones_on_delete"},
      {"provide.transaction.metadata", "provide_transaction_metadata"},
      {"heartbeat.interval.ms", "heartbeat_interval"},
      {"decimal.handling.mode", "decimal_handling_mode"},
      {"bigint.unsigned.handling.mode", "bigint_unsigned_handling_mode"},
      {"time.precision.mode", "time_precision_mode"},
      {"binary.handling.mode", "binary_handling_mode"},
      {"include.schema.changes", "include_schema_changes"},
      {"converter.schemas.enable", "schemas_enable"}};
  return names;
}

std::vector<std::string> DebeziumLines(const DebeziumScenario& scenario) {
  std::vector<std::string> lines = {"debezium:"};
  if (!scenario.settings.contains("converter.schemas.enable")) {
    lines.push_back("  schemas_enable: false");
  }
  for (const auto& [setting, value] : scenario.settings) {
    const auto name = MirrorNames().find(setting);
    if (name == MirrorNames().end()) continue;
    std::string text = value;
    if (setting == "skipped.operations") text = "[" + value + "]";
    if (setting == "heartbeat.interval.ms") text = value + "ms";
    lines.push_back("  " + name->second + ": " + text);
  }
  return lines;
}

std::string PrefixOf(const DebeziumScenario& scenario) {
  std::string prefix = "prefix" + scenario.name;
  std::erase(prefix, '_');
  return prefix;
}

// Settings that a user with the scenario's tables would need.
std::vector<std::string> TableLines(const DebeziumScenario& scenario, const std::string& prefix) {
  // Debezium writes these two tables to the same topic.
  if (scenario.statements == "odd_names") {
    return {"routes:", fmt::format("  - '`odd db-1`.`a b` -> {}.odd_db-1.a_b'", prefix),
            fmt::format("  - '`odd db-1`.a_b -> {}.odd_db-1.a_b'", prefix)};
  }
  // Debezium uses this unique key since there is no primary key; MySQL does not.
  if (scenario.statements == "keys") return {"keys:", "  - 'shop.unique_prefix: id'"};
  return {};
}

class KafkaDebezium : public KafkaSuite, public ::testing::WithParamInterface<std::string> {
 protected:
  const DebeziumScenario scenario_ = FindScenario(GetParam());
  const std::string prefix_ = PrefixOf(scenario_);

  // Runs MySQL's client with the options used for recording.
  void Run(const std::filesystem::path& statements) {
    const std::string command = fmt::format(
        "exec '{}' --no-defaults --user=root --socket='{}' "
        "--default-character-set=utf8mb4 --comments <'{}'",
        MysqlPath().string(), source_->socket(), statements.string());
    const auto result =
        RunProcess({.program = "/bin/sh", .arguments = {"-c", command}}, absl::Minutes(1));
    ASSERT_TRUE(result.ok() && result->exit_code == 0)
        << result.status().ToString() << (result.ok() ? result->errors : "");
  }

  // Runs the scenario's statements without those that cannot be mirrored.
  void RunStatements(const std::string& part) {
    std::ifstream file(StatementsFile(scenario_, part));
    ASSERT_TRUE(file);
    const auto edits = UnmirroredPartOf(scenario_).lines;
    const auto path = directory_.path() / "statements.sql";
    std::ofstream copy(path);
    for (std::string line; std::getline(file, line);) {
      const auto edit = std::find_if(edits.begin(), edits.end(), [&](const auto& candidate) {
        return line.find(candidate.first) != std::string::npos;
      });
      copy << (edit == edits.end() ? line : edit->second) << "\n";
    }
    copy.close();
    Run(path);
  }

  void StartFeed() {
    const bool rows = !scenario_.Has("snapshot.mode", "no_data");
    std::vector<std::string> lines = DebeziumLines(scenario_);
    for (const std::string& line : TableLines(scenario_, prefix_)) lines.push_back(line);
    feed_ = FeedServer::MustStart(*source_, {.kafka = MirrorLines(broker(), prefix_, lines),
                                             .snapshot = {rows ? "mode: initial" : "mode: never"}});
    if (rows) SnapshotAdmin(*feed_).WaitUntilOver();
  }

  // Runs the statements that end a recording and waits until they are mirrored. Returns the
  // sequence of their first change.
  uint64_t WriteEndMarker() {
    SqlSession sql = source_->MustConnect();
    for (const char* statement : kMarker) sql.MustExecute(statement);
    v1::SubscribeRequest request = ChangeReader::FromEarliest();
    request.add_tables("recorder.*");
    const std::vector<SeenChange> changes = ChangeReader(*feed_).ReadCount(request, 2);
    WaitUntilMirrored(*feed_, changes.back().sequence);
    // Finds the change of CREATE DATABASE, which the pattern does not match. Rows of a running
    // snapshot may come between it and CREATE TABLE.
    for (const SeenChange& change :
         ChangeReader(*feed_).ReadCount(ChangeReader::FromEarliest(), changes.back().sequence)) {
      if (change.raw.schema_change().statement() == kMarker[0]) return change.sequence;
    }
    ADD_FAILURE() << "the end of the recording is not in the log";
    return 0;
  }

  DebeziumTopics Mirrored(uint64_t end) {
    std::vector<std::string> topics = TopicsOfMirror(broker().bootstrap(), prefix_);
    if (scenario_.settings.contains("heartbeat.interval.ms")) {
      topics.push_back("__debezium-heartbeat." + prefix_);
    }
    std::vector<KafkaRecord> records = ReadMirrored(*feed_, broker(), topics);
    std::erase_if(records, [&](const KafkaRecord& record) {
      return SequenceOf(record) >= end || record.topic == prefix_ + ".recorder.marker";
    });
    return MirroredTopics(records, prefix_);
  }

  DebeziumSource Source() {
    DebeziumSource source;
    SqlSession sql = source_->MustConnect();
    for (const auto& row : sql.MustQuery("SELECT table_schema, table_name, column_name FROM "
                                         "information_schema.columns WHERE data_type = 'json'")) {
      source.json_columns.insert({fmt::format("mill.{}.{}", *row[0], *row[1]), *row[2]});
    }
    return source;
  }

  TempDirectory directory_;
  std::unique_ptr<SourceServer> source_ =
      SourceServer::MustStart({.options = {"--default-time-zone=+00:00"}});
  std::unique_ptr<FeedServer> feed_;
};

TEST_P(KafkaDebezium, RecordsEqualDebezium) {
  ASSERT_NO_FATAL_FAILURE(RunStatements("before"));
  StartFeed();
  ASSERT_NO_FATAL_FAILURE(RunStatements("after"));
  const uint64_t end = WriteEndMarker();
  DebeziumComparison comparison(scenario_, Source());
  const std::vector<std::string> differences =
      comparison.Differences(RecordedTopics(scenario_.name), Mirrored(end));
  EXPECT_THAT(differences, IsEmpty()) << fmt::format("{}", fmt::join(differences, "\n"));
  EXPECT_GT(comparison.records_compared(), 0u);
  std::cout << scenario_.name << ": compared " << comparison.records_compared() << " records\n";
  for (const auto& [difference, times] : comparison.admitted()) {
    std::cout << "  listed: " << difference << ", " << times << " times\n";
  }
}

std::vector<std::string> ComparedScenarios() {
  std::vector<std::string> names;
  for (const DebeziumScenario& scenario : AllScenarios()) {
    // The mirror cannot write DECIMAL as a JSON number.
    if (scenario.Has("converter.decimal.format", "NUMERIC")) continue;
    names.push_back(scenario.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, KafkaDebezium, ::testing::ValuesIn(ComparedScenarios()),
                         [](const auto& scenario) { return scenario.param; });

// The first cells of the documentation's tables are the differences that the comparison admits,
// plus those that no recording shows.
TEST(KafkaDebeziumDifferences, MatchDocumentation) {
  std::ifstream file(MILLRACE_DEBEZIUM_DOCUMENTATION);
  std::vector<std::string> documented;
  for (std::string line; std::getline(file, line);) {
    const bool is_row = line.starts_with("| ") && !line.starts_with("| what |");
    if (is_row) documented.push_back(line.substr(2, line.find(" |", 2) - 2));
  }
  EXPECT_THAT(documented, ::testing::UnorderedElementsAreArray(DocumentedDifferences()));
}

}  // namespace
}  // namespace millrace::testing

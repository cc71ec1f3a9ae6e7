// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/kafka/kafka_debezium_recording.h"

namespace millrace::testing {

// The intended differences from Debezium: the first cells of the tables in
// server/kafka/DEBEZIUM.md, which has the reasons. Nothing else may differ.
std::vector<std::string> DocumentedDifferences();

// Facts about a scenario's tables, read from the source after its statements.
struct DebeziumSource {
  std::set<std::pair<std::string, std::string>> json_columns;  // topic, column
};

// Compares the recorded and the mirrored records of a scenario.
class DebeziumComparison {
 public:
  DebeziumComparison(const DebeziumScenario& scenario, DebeziumSource source);

  // Describes the undocumented differences, at most one for each record: topic, number of the
  // record, JSON pointer and both values.
  std::vector<std::string> Differences(DebeziumTopics recorded, DebeziumTopics mirrored);

  size_t records_compared() const { return records_compared_; }
  // How often each documented difference occurred.
  const std::map<std::string_view, size_t>& admitted() const { return admitted_; }

 private:
  // The current place of the comparison.
  struct Place {
    std::string topic;
    size_t number = 0;
    const Json* recorded = nullptr;
    const Json* mirrored = nullptr;
    std::string pointer;
  };
  void Prepare(DebeziumTopics& recorded, DebeziumTopics& mirrored);
  void UseValuesOfChanges(DebeziumTopics& recorded);
  void DropUnmirrored(DebeziumTopics& recorded);
  void DropXaTransactions(DebeziumTopics& recorded, DebeziumTopics& mirrored);
  void DropRereadRows(const DebeziumTopics& recorded, DebeziumTopics& mirrored);

  void Normalise(Json& recorded, Json& mirrored);
  void NormaliseSource(Json& recorded, Json& mirrored, bool is_read);
  void NormaliseStatement(Json& recorded, Json& mirrored);

  std::vector<std::string> CompareTopic(const std::string& topic, std::vector<Json>& recorded,
                                        std::vector<Json>& mirrored);
  std::vector<std::string> CompareStatements(const std::vector<Json>& recorded,
                                             const std::vector<Json>& mirrored);
  std::optional<std::string> CompareStatement(Json recorded, std::vector<Json> mirrored);
  std::optional<std::string> FirstDifference(const Json& recorded, const Json& mirrored,
                                             Place& place);
  std::optional<std::string> FirstDifferentMember(const Json& recorded, const Json& mirrored,
                                                  Place& place);
  bool IsDocumented(const Json& recorded, const Json& mirrored, const Place& place);
  bool IsDocumentedForRow(const Json& recorded, const Json& mirrored, const Place& place);
  bool IsDocumentedForJson(const std::string& recorded, const std::string& mirrored);
  bool IsDocumentedForTransaction(const Json& recorded, const Json& mirrored, const Place& place);
  bool IsDefault(const Json& recorded, const Place& place) const;
  // Counts the documented difference if `admitted`. Returns `admitted`.
  bool Admit(std::string_view difference, bool admitted = true);

  const DebeziumScenario scenario_;
  const DebeziumSource source_;
  // The same scenario recorded without replacing NULL by column defaults, if there is such a
  // recording.
  DebeziumTopics true_nulls_;
  size_t records_compared_ = 0;
  std::map<std::string_view, size_t> admitted_;
};

// The part of a scenario that cannot be mirrored, since the feed would stop or the mirror park.
struct UnmirroredPart {
  // Pieces of statement lines, each with the line to run instead; empty: none.
  std::vector<std::pair<std::string, std::string>> lines;
  std::map<std::string, std::set<int>> ids;  // of rows, by topic
};
UnmirroredPart UnmirroredPartOf(const DebeziumScenario& scenario);

}  // namespace millrace::testing

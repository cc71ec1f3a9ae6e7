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

// Where the mirror differs from Debezium and is meant to: the first cells of the tables in
// server/kafka/DEBEZIUM.md, which has the reasons. Nothing else may differ.
std::vector<std::string> DocumentedDifferences();

// What the source says of a scenario's tables after its statements.
struct DebeziumSource {
  std::set<std::pair<std::string, std::string>> json_columns;  // topic, column
};

// Compares what was recorded of a scenario with what was mirrored.
class DebeziumComparison {
 public:
  DebeziumComparison(const DebeziumScenario& scenario, DebeziumSource source);

  // Every difference that is not documented, in words: topic, number of the record, JSON pointer
  // and both values. Of a record the first alone.
  std::vector<std::string> Differences(DebeziumTopics recorded, DebeziumTopics mirrored);

  size_t records_compared() const { return records_compared_; }
  // How often a documented difference was admitted.
  const std::map<std::string_view, size_t>& admitted() const { return admitted_; }

 private:
  // Where two records are being compared.
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
  bool Admit(std::string_view difference, bool admitted = true);

  const DebeziumScenario scenario_;
  const DebeziumSource source_;
  // The same scenario where NULL is not replaced by the column's default, if there is one.
  DebeziumTopics true_nulls_;
  size_t records_compared_ = 0;
  std::map<std::string_view, size_t> admitted_;
};

// What of a scenario cannot be mirrored: the feed would stop at it, or the mirror park.
struct UnmirroredPart {
  // Pieces of lines of its statements, with what to run in place of the line; empty is nothing.
  std::vector<std::pair<std::string, std::string>> lines;
  std::map<std::string, std::set<int>> ids;  // of rows, by topic
};
UnmirroredPart UnmirroredPartOf(const DebeziumScenario& scenario);

}  // namespace millrace::testing

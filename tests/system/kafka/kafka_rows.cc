// SPDX-License-Identifier: Apache-2.0

#include "system/kafka/kafka_rows.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "system/kafka/kafka_ledger.h"

namespace millrace::testing {
namespace {

using nlohmann::json;

constexpr size_t kDifferencesMax = 5;

[[noreturn]] void Die(const KafkaRecord& record, const std::string& what) {
  std::cerr << "KafkaRows: " << record.topic << " offset " << record.offset << ": " << what
            << std::endl;
  std::abort();
}

// Rows are compared as text. Blanks in JSON documents do not count.
std::string RowText(const SeenRow& row) {
  std::string text;
  for (const auto& [name, value] : row) {
    const std::string shown = !value.has_value() ? "NULL"
                              : name == "doc"    ? json::parse(*value).dump()
                                                 : "'" + *value + "'";
    text += name + "=" + shown + " ";
  }
  return text;
}

std::map<std::string, ShownAs> FormsOf(const SnapshotTableSpec& table) {
  // Columns of every table that are not text.
  std::map<std::string, ShownAs> forms = {{"seen", ShownAs::kTimestamp}, {"raw", ShownAs::kBytes}};
  for (const SnapshotColumn& column : table.columns) forms[column.name] = column.shown;
  return forms;
}

std::string ValueText(const json& value, ShownAs form) {
  if (!value.is_string()) return value.dump();
  std::string text = value.get<std::string>();
  if (form == ShownAs::kBytes) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return std::toupper(c); });
    return "0x" + text;
  }
  absl::Time time;
  if (form == ShownAs::kTimestamp && absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    return absl::FormatTime("%Y-%m-%d %H:%M:%E6S", time, absl::UTCTimeZone());
  }
  return text;
}

std::optional<std::string> RowOf(const json& row, const SnapshotTableSpec& table) {
  if (row.is_null()) return std::nullopt;
  const auto forms = FormsOf(table);
  SeenRow seen;
  for (const auto& [name, value] : row.items()) {
    const auto form = forms.find(name);
    const ShownAs shown = form == forms.end() ? ShownAs::kText : form->second;
    seen[name] = value.is_null() ? std::nullopt : std::optional(ValueText(value, shown));
  }
  return RowText(seen);
}

}  // namespace

RecordReader ProtobufRecords(ChangeReader& reader) {
  return [&reader](const SnapshotTableSpec& table, const KafkaRecord& record) {
    v1::Change change;
    if (!change.ParseFromString(*record.value)) Die(record, "is not a Change");
    const bool is_ours = "shop." + table.name == change.database() + "." + change.table();
    if (!is_ours || std::to_string(change.sequence()) != HeaderOf(record, "millrace.sequence")) {
      Die(record, "contains another change: " + change.ShortDebugString());
    }
    RecordRows rows;
    if (change.has_before()) rows.before = RowText(reader.Row(change.before()));
    if (change.has_after()) rows.after = RowText(reader.Row(change.after()));
    return rows;
  };
}

RecordReader DebeziumRecords() {
  return [](const SnapshotTableSpec& table, const KafkaRecord& record) -> RecordRows {
    const json value = json::parse(*record.value, nullptr, /*allow_exceptions=*/false);
    if (!value.is_object() || !value.contains("op")) Die(record, "is not an envelope");
    return {.before = RowOf(value["before"], table), .after = RowOf(value["after"], table)};
  };
}

bool KafkaRows::HasPrimaryKey() const {
  return table_.constraint.find("PRIMARY") != std::string::npos;
}

void KafkaRows::Count(const std::optional<std::string>& row, int64_t times) {
  if (!row.has_value()) return;
  const auto count = rows_.try_emplace(*row, 0).first;
  count->second += times;
  if (count->second == 0) rows_.erase(count);
}

void KafkaRows::Add(const KafkaRecord& record) {
  RecordRows rows;
  if (record.value.has_value()) rows = reader_(table_, record);
  // A statement on the table has no rows.
  if (record.value.has_value() && !rows.before.has_value() && !rows.after.has_value()) return;
  Count(rows.before, -1);
  Count(rows.after, +1);
  if (record.key.has_value()) last_[*record.key] = rows.after;
}

std::vector<std::string> KafkaRows::Differences(SqlSession& sql) const {
  Counts expected;
  const std::vector<std::string> names = table_.SortedColumns();
  for (const SqlRow& row : sql.MustQuery(table_.SelectStatement())) {
    SeenRow seen;
    for (size_t i = 0; i < names.size(); ++i) seen[names[i]] = row[i];
    ++expected[RowText(seen)];
  }
  Counts newest;
  for (const auto& [key, row] : last_) {
    if (row.has_value()) ++newest[*row];
  }
  std::vector<std::string> differences;
  const auto compare = [&](const Counts& have, const std::string& how) {
    Counts difference = expected;
    for (const auto& [row, count] : have) difference[row] -= count;
    for (const auto& [row, count] : difference) {
      if (count == 0 || differences.size() >= kDifferencesMax) continue;
      differences.push_back(fmt::format("{} {}: {:+} of {}", table_.name, how, -count, row));
    }
  };
  compare(rows_, "by all records");
  if (HasPrimaryKey()) compare(newest, "by the newest of each key");
  return differences;
}

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#include "coverage/coverage.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/error.h"
#include "coverage/statement_effects.h"
#include "coverage/stored_coverage.h"

namespace millrace::coverage {

absl::StatusOr<std::unique_ptr<Coverage>> Coverage::Open(const log::Log& log) {
  std::unique_ptr<Coverage> coverage(new Coverage());
  MILLRACE_RETURN_IF_ERROR(coverage->Load(log));
  return coverage;
}

absl::Status Coverage::Load(const log::Log& log) {
  MILLRACE_ASSIGN_OR_RETURN(const auto records, log.ListRecords(log::RecordKind::kMeta));
  for (const auto& [key, value] : records) {
    if (key == kExcludedKey) {
      MILLRACE_ASSIGN_OR_RETURN(excluded_columns_, ParseExcluded(value));
    }
    if (!IsCoverageKey(key)) continue;
    MILLRACE_ASSIGN_OR_RETURN(ParsedCoverage parsed, ParseRecord(key, value));
    if (!parsed.has_row_shape) without_shape_.insert(parsed.table);
    newest_.insert_or_assign(std::move(parsed.table), std::move(parsed.coverage));
  }
  absl::MutexLock lock(&mutex_);
  stored_ = newest_;
  return absl::OkStatus();
}

void Coverage::StartCapture(const CaptureRules& rules, const schema::Registry& registry) {
  rules_ = rules;
  std::optional<CaptureRules> before;
  if (excluded_columns_.has_value()) {
    auto parsed = CaptureRules::Parse({}, *excluded_columns_);
    if (parsed.ok()) before = *std::move(parsed);
  }
  const bool unreadable = excluded_columns_.has_value() && !before.has_value();
  for (auto& [table, coverage] : newest_) {
    if (!rules.Captures(table)) {
      // Mark it incomplete too: once captured again, it is read like a new table.
      Set(table, {.begin = coverage.begin,
                  .complete = false,
                  .invalid_reason = std::string(kNotCaptured)});
      continue;
    }
    const schema::TableVersionPtr version = registry.Find(table);
    if (version == nullptr) continue;
    if (unreadable || CapturedColumnsChanged(*version, before)) {
      Invalidate(table, kOtherColumns);
    } else if (without_shape_.contains(table)) {
      // The rows have the newest definition in the log.
      TableCoverage with_shape = coverage;
      with_shape.row_shape = RowShape(*version);
      Set(table, std::move(with_shape));
    }
  }
  without_shape_.clear();
  if (excluded_columns_ != rules.excluded_columns()) {
    excluded_columns_ = rules.excluded_columns();
    excluded_columns_unstored_ = true;
  }
  // Readers may see this immediately: ingestion starts only after it is on disk, and after a crash
  // the next start computes the same.
  absl::MutexLock lock(&mutex_);
  stored_ = newest_;
}

void Coverage::OnUnusableChanges(const TableName& table, std::string_view why) {
  Invalidate(table, why);
  const auto found = newest_.find(table);
  if (found == newest_.end()) return;
  absl::MutexLock lock(&mutex_);
  stored_.insert_or_assign(table, found->second);
}

// A log of an earlier version lacks the list of excluded columns, but each definition marks the
// captured ones.
bool Coverage::CapturedColumnsChanged(const schema::TableVersion& version,
                                      const std::optional<CaptureRules>& before) const {
  return std::any_of(version.columns.begin(), version.columns.end(), [&](const auto& column) {
    // Hidden columns of the server are never captured, regardless of the rules.
    if (column.name.starts_with("!hidden!") || schema::IsHidden(column.meaning)) return false;
    const bool was_captured =
        before.has_value() ? before->CapturesColumn(version.name, column.name) : column.captured;
    return rules_.CapturesColumn(version.name, column.name) != was_captured;
  });
}

std::vector<TableName> Coverage::OnStatement(const schema::Statement& statement, bool truncates,
                                             Sequence at) {
  std::vector<TableName> unseen;
  for (const auto& [table, effect] : EffectsOf(statement, truncates)) {
    if (!rules_.Captures(table)) continue;
    if (effect == TableEffect::kUnseenRows) unseen.push_back(table);
    const auto after = AfterStatement(effect, Newest(table), at);
    if (after.has_value()) Set(table, *after);
  }
  if (statement.may_concern_any_table) {
    InvalidateAll(kNotUnderstood);
  } else if (DropsDatabase(statement)) {
    EmptyDatabase(statement.database, at);
  }
  return unseen;
}

void Coverage::EmptyDatabase(std::string_view database, Sequence at) {
  for (const auto& [table, coverage] : newest_) {
    // Skip tables that are not captured: the log would not see the rows of a later table of that
    // name.
    if (table.database != database || !rules_.Captures(table)) continue;
    Set(table, *AfterStatement(TableEffect::kEmptied, coverage, at));
  }
}

bool Coverage::OnRows(const schema::TableVersion& version) {
  const auto found = newest_.find(version.name);
  if (found == newest_.end() || !found->second.invalid_reason.empty()) return false;
  const uint64_t shape = RowShape(version);
  if (found->second.row_shape == shape) return false;
  TableCoverage after = found->second;
  const bool first_rows = after.row_shape == 0;
  after.row_shape = shape;
  if (!first_rows) after.invalid_reason = kRedefined;
  Set(version.name, std::move(after));
  return !first_rows;
}

void Coverage::BeginReading(const TableName& table, Sequence begin) {
  Set(table, AfterReadingBegins(Newest(table), begin));
}

void Coverage::EndReading(const TableName& table, Sequence begin) {
  auto coverage = Newest(table);
  if (coverage.has_value()) Set(table, AfterReadingEnds(*std::move(coverage), begin));
}

bool Coverage::ReadingMustRestart(const TableName& table, Sequence begin) const {
  const auto found = newest_.find(table);
  return found != newest_.end() && coverage::ReadingMustRestart(found->second, begin);
}

std::optional<TableCoverage> Coverage::Newest(const TableName& table) const {
  const auto found = newest_.find(table);
  if (found == newest_.end()) return std::nullopt;
  return found->second;
}

void Coverage::Set(const TableName& table, TableCoverage coverage) {
  const auto [found, fresh] = newest_.try_emplace(table);
  if (!fresh && found->second == coverage) return;
  found->second = coverage;
  unstored_.insert_or_assign(table, std::move(coverage));
}

void Coverage::Invalidate(const TableName& table, std::string_view why) {
  const auto found = newest_.find(table);
  if (found == newest_.end() || !found->second.invalid_reason.empty()) return;
  found->second.invalid_reason = why;
  unstored_.insert_or_assign(table, found->second);
}

void Coverage::InvalidateAll(std::string_view why) {
  for (const auto& [table, coverage] : newest_) Invalidate(table, why);
}

std::vector<log::Record> Coverage::TakeUnstored() {
  std::vector<log::Record> records;
  if (unstored_.empty() && !excluded_columns_unstored_) return records;
  records.reserve(unstored_.size() + 1);
  for (const auto& [table, coverage] : unstored_) records.push_back(MakeRecord(table, coverage));
  if (excluded_columns_unstored_) records.push_back(MakeExcludedRecord(*excluded_columns_));
  excluded_columns_unstored_ = false;
  absl::MutexLock lock(&mutex_);
  taken_.push_back(std::exchange(unstored_, {}));
  return records;
}

void Coverage::MarkStored() {
  absl::MutexLock lock(&mutex_);
  MILLRACE_CHECK(!taken_.empty());
  for (auto& [table, coverage] : taken_.front()) {
    stored_.insert_or_assign(table, std::move(coverage));
  }
  taken_.erase(taken_.begin());
}

std::optional<TableCoverage> Coverage::Find(const TableName& table) const {
  absl::MutexLock lock(&mutex_);
  const auto found = stored_.find(table);
  if (found == stored_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::pair<TableName, TableCoverage>> Coverage::List() const {
  absl::MutexLock lock(&mutex_);
  return {stored_.begin(), stored_.end()};
}

}  // namespace millrace::coverage

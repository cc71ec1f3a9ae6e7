// SPDX-License-Identifier: Apache-2.0

#include "schema/coverage.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "fmt/format.h"
#include "millrace/storage/v1/snapshot.pb.h"
#include "model/quoted.h"

namespace millrace::schema {
namespace {

using storage::v1::StoredCoverage;

// First byte of each value. Do not reuse.
constexpr char kFormatVersion = 1;
constexpr std::string_view kKeyPrefix = "coverage.";

// No name holds a zero byte, so that the two names cannot be taken for others.
std::string KeyOf(const TableName& table) {
  std::string key(kKeyPrefix);
  key.append(table.database).push_back('\0');
  return key.append(table.table);
}

log::Record MakeRecord(const TableName& table, const TableCoverage& coverage) {
  StoredCoverage stored;
  stored.mutable_name()->set_database(table.database);
  stored.mutable_name()->set_table(table.table);
  stored.set_begin(coverage.begin.value);
  stored.set_complete(coverage.complete);
  stored.set_spoiled(coverage.spoiled);
  return {log::RecordKind::kMeta, KeyOf(table), kFormatVersion + stored.SerializeAsString()};
}

absl::Status Damaged(std::string_view key, std::string_view what) {
  return MakeError(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                   fmt::format("record {} {}; restore the data directory or start a new one",
                               Quoted(key), what));
}

absl::StatusOr<std::pair<TableName, TableCoverage>> ParseRecord(std::string_view key,
                                                                std::string_view value) {
  if (value.empty()) return Damaged(key, "is empty");
  if (value.front() != kFormatVersion) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "FORMAT_TOO_NEW",
                     fmt::format("record {} has format {}, this server reads up to {}; run the "
                                 "version that wrote it, or a later one",
                                 Quoted(key), static_cast<unsigned char>(value.front()),
                                 static_cast<int>(kFormatVersion)));
  }
  value.remove_prefix(1);
  StoredCoverage stored;
  if (!stored.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return Damaged(key, "cannot be parsed");
  }
  const TableName table{stored.name().database(), stored.name().table()};
  if (KeyOf(table) != key) return Damaged(key, "is of another table");
  return std::pair(table, TableCoverage{.begin = {stored.begin()},
                                        .complete = stored.complete(),
                                        .spoiled = stored.spoiled()});
}

}  // namespace

TableCoverage WhenReadingBegins(const std::optional<TableCoverage>& now, Sequence begin) {
  if (now.has_value() && now->whole()) return *now;
  return {.begin = begin, .complete = false, .spoiled = {}};
}

bool IsReadInVain(const TableCoverage& now, Sequence begin) {
  if (!now.spoiled.empty() && now.spoiled != kPartialRows) return true;
  // A complete table that was emptied since gives all its rows by the changes behind that, whatever
  // is read.
  return !now.complete && now.begin != begin;
}

TableCoverage WhenAllIsRead(TableCoverage now, Sequence begin) {
  now.complete = true;
  // Behind `begin`, the table was emptied meanwhile, or another snapshot has read it.
  now.begin = std::max(now.begin, begin);
  return now;
}

absl::StatusOr<std::unique_ptr<Coverage>> Coverage::Open(const log::Log& log) {
  std::unique_ptr<Coverage> coverage(new Coverage());
  MILLRACE_ASSIGN_OR_RETURN(const auto records, log.ListRecords(log::RecordKind::kMeta));
  for (const auto& [key, value] : records) {
    if (!std::string_view(key).starts_with(kKeyPrefix)) continue;
    MILLRACE_ASSIGN_OR_RETURN(auto entry, ParseRecord(key, value));
    coverage->newest_.insert(std::move(entry));
  }
  absl::MutexLock lock(&coverage->mutex_);
  coverage->stored_ = coverage->newest_;
  return coverage;
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

void Coverage::Spoil(const TableName& table, std::string_view why) {
  const auto found = newest_.find(table);
  // The first reason is the one that counts.
  if (found == newest_.end() || !found->second.spoiled.empty()) return;
  found->second.spoiled = why;
  unstored_.insert_or_assign(table, found->second);
}

void Coverage::SpoilAll(std::string_view why) {
  for (const auto& [table, coverage] : newest_) Spoil(table, why);
}

std::vector<log::Record> Coverage::TakeUnstored() {
  std::vector<log::Record> records;
  if (unstored_.empty()) return records;
  records.reserve(unstored_.size());
  for (const auto& [table, coverage] : unstored_) records.push_back(MakeRecord(table, coverage));
  absl::MutexLock lock(&mutex_);
  taken_.push_back(std::move(unstored_));
  unstored_.clear();
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

}  // namespace millrace::schema

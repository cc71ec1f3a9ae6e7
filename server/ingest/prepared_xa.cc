// SPDX-License-Identifier: Apache-2.0

#include "ingest/prepared_xa.h"

#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "log/damage.h"

namespace millrace::ingest {
namespace {

// First byte of each value. Do not reuse.
constexpr char kFormatVersion = 1;
constexpr std::string_view kKeyPrefix = "xa.";

std::string KeyOf(std::string_view xid) { return std::string(kKeyPrefix).append(xid); }

// The separator is safe: no name contains a zero byte.
std::string ValueOf(uint64_t number, const PreparedXa::Tables& tables) {
  std::string value(1, kFormatVersion);
  AppendLittle64(value, number);
  for (const TableName& table : tables) {
    value.append(table.database).push_back('\0');
    value.append(table.table).push_back('\0');
  }
  return value;
}

absl::Status Damaged(std::string_view key) {
  return log::RecordDamaged(key, "contains no prepared transaction");
}

// Takes the bytes up to the next zero byte, and that byte; nothing if there is none.
std::optional<std::string> TakeName(std::string_view& rest) {
  const size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  std::string name(rest.substr(0, end));
  rest.remove_prefix(end + 1);
  return name;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PreparedXa>> PreparedXa::Open(const log::Log& log) {
  std::unique_ptr<PreparedXa> prepared(new PreparedXa());
  MILLRACE_ASSIGN_OR_RETURN(const auto records, log.ListRecords(log::RecordKind::kMeta));
  for (const auto& [key, value] : records) {
    if (!std::string_view(key).starts_with(kKeyPrefix)) continue;
    MILLRACE_RETURN_IF_ERROR(prepared->Load(key, value));
  }
  return prepared;
}

absl::Status PreparedXa::Load(std::string_view key, std::string_view value) {
  MILLRACE_RETURN_IF_ERROR(log::TakeFormat(key, kFormatVersion, value).status());
  if (value.size() < sizeof(uint64_t)) return Damaged(key);
  Entry entry{.number = LoadLittle64(value.data()), .tables = {}};
  value.remove_prefix(sizeof(uint64_t));
  while (!value.empty()) {
    std::optional<std::string> database = TakeName(value);
    std::optional<std::string> table = TakeName(value);
    if (!database.has_value() || !table.has_value()) return Damaged(key);
    entry.tables.insert({*std::move(database), *std::move(table)});
  }
  const std::string xid(key.substr(kKeyPrefix.size()));
  if (!by_number_.emplace(entry.number, xid).second) return Damaged(key);
  next_number_ = std::max(next_number_, entry.number + 1);
  entries_.emplace(xid, std::move(entry));
  return absl::OkStatus();
}

void PreparedXa::Add(const std::string& xid, Tables tables) {
  Remove(xid);
  std::string value = ValueOf(next_number_, tables);
  if (value.size() > kTableBytesMax) return;
  if (entries_.size() >= kTransactionsMax) {
    const std::string oldest = by_number_.begin()->second;
    Remove(oldest);
  }
  const std::string key = KeyOf(xid);
  unstored_.insert_or_assign(key, log::Record{log::RecordKind::kMeta, key, std::move(value)});
  by_number_.emplace(next_number_, xid);
  entries_.emplace(xid, Entry{.number = next_number_, .tables = std::move(tables)});
  ++next_number_;
}

const PreparedXa::Tables* PreparedXa::Find(const std::string& xid) const {
  const auto found = entries_.find(xid);
  return found == entries_.end() ? nullptr : &found->second.tables;
}

void PreparedXa::Remove(const std::string& xid) {
  const auto found = entries_.find(xid);
  if (found == entries_.end()) return;
  by_number_.erase(found->second.number);
  entries_.erase(found);
  const std::string key = KeyOf(xid);
  unstored_.insert_or_assign(key, log::Record{log::RecordKind::kMeta, key, std::nullopt});
}

std::vector<log::Record> PreparedXa::TakeUnstored() {
  std::vector<log::Record> records;
  records.reserve(unstored_.size());
  for (auto& [key, record] : unstored_) records.push_back(std::move(record));
  unstored_.clear();
  return records;
}

}  // namespace millrace::ingest

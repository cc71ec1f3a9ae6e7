// SPDX-License-Identifier: Apache-2.0

#include "schema/registry.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "log/damage.h"
#include "model/charset.h"
#include "model/quoted.h"
#include "schema/cpp_names.h"
#include "schema/field_numbers.h"
#include "schema/identifier.h"
#include "schema/stored_table.h"

namespace millrace::schema {
namespace {

absl::Status UnknownMeaning(const TableName& table, const std::string& column) {
  return MakeError(
      reason::kSchemaUnproven,
      fmt::format("table {}: MariaDB's binlog does not show the type of column {} (UUID, INET or "
                  "BINARY; row version time or plain TIMESTAMP), the source no longer has the "
                  "table as it was, and its CREATE TABLE was not read; to continue, exclude the "
                  "table with source.tables, or, unless it is a TIMESTAMP, the column with "
                  "source.exclude_columns",
                  Quoted(table.ToString()), Quoted(column)),
      {{"table", table.ToString()}, {"column", column}});
}

}  // namespace

Registry::Registry(Key, Flavour flavour) : flavour_(flavour) {}
Registry::~Registry() = default;

absl::Status Registry::Load(const std::vector<std::pair<std::string, std::string>>& records) {
  std::vector<TableVersionPtr> versions;
  std::vector<TableVersionPtr> history;  // includes the newest
  for (const auto& [key, value] : records) {
    if (IsEpochKey(key)) {
      MILLRACE_ASSIGN_OR_RETURN(const StoredEpoch stored, ParseEpochRecord(value));
      epoch_ = stored.epoch;
      ambiguous_text_enabled_ = stored.tells_ambiguous_text;
      continue;
    }
    MILLRACE_ASSIGN_OR_RETURN(StoredTable table, ParseTableRecord(key, value));
    if (IsVersionKey(key)) {
      history.push_back(std::make_shared<const TableVersion>(std::move(table.version)));
      continue;
    }
    const auto version = std::make_shared<const TableVersion>(std::move(table.version));
    const bool added = ids_.emplace(version->name, version->table_id).second &&
                       row_messages_.insert(version->row_message).second;
    if (!added) {
      return log::LogDamaged(fmt::format("two schema records have table {} or row message {}",
                                         version->name.ToString(), version->row_message));
    }
    newest_id_ = std::max(newest_id_, version->table_id);
    entries_[version->table_id] = {version, table.proved_epoch, std::move(table.declared_meanings)};
    versions.push_back(version);
  }
  std::sort(history.begin(), history.end(),
            [](const auto& left, const auto& right) { return left->version < right->version; });
  // Publish must see the newest version of each table last.
  versions.insert(versions.begin(), history.begin(), history.end());
  stored_.Prepare(std::move(versions));
  stored_.Publish();
  return absl::OkStatus();
}

std::string Registry::FreeRowMessage(const TableName& name) const {
  const std::string wanted =
      fmt::format("db.{}.{}", PackagePart(Identifier(name.database)), Identifier(name.table));
  std::string message = wanted;
  for (int suffix = 2; row_messages_.contains(message); ++suffix) {
    message = fmt::format("{}_{}", wanted, suffix);
  }
  return message;
}

Registry::Entry& Registry::EntryOf(const TableName& name) {
  const auto [found, added] = ids_.try_emplace(name, newest_id_ + 1);
  Entry& entry = entries_[found->second];
  if (!added) return entry;
  TableVersion version;
  version.table_id = ++newest_id_;
  version.name = name;
  version.row_message = FreeRowMessage(name);
  version.type_url = "t/" + version.row_message;
  row_messages_.insert(version.row_message);
  entry.version = std::make_shared<const TableVersion>(std::move(version));
  MarkChanged(entry);
  return entry;
}

Knowledge Registry::KnowledgeOf(const Entry& entry, const TableDetails* details) const {
  Knowledge known;
  known.flavour = flavour();
  known.previous = entry.version->version == 0 ? nullptr : entry.version.get();
  known.unverified = IsUnverified(entry);
  known.details = details;
  if (entry.declared_meanings.has_value()) known.declared_meanings = &*entry.declared_meanings;
  known.filter = &filter_;
  return known;
}

bool Registry::NeedsDetails(const binlog::TableMap& map) const {
  Knowledge known;
  known.flavour = flavour();
  known.filter = &filter_;
  const auto found = ids_.find(TableName{std::string(map.database), std::string(map.table)});
  if (found != ids_.end()) known = KnowledgeOf(entries_.at(found->second), nullptr);
  const auto definition = Describe(map, known);
  if (definition.ok()) return !definition->column_of_unknown_meaning.empty();
  return HasReason(definition.status(), reason::kSchemaUnproven);
}

void Registry::SetVersion(Entry& entry, std::shared_ptr<TableVersion> version, Sequence first) {
  version->first = first;
  entry.version = std::move(version);
  unstored_versions_.push_back(entry.version);
}

absl::StatusOr<TableVersionPtr> Registry::Resolve(const binlog::TableMap& map,
                                                  const TableDetails* details, Sequence first) {
  const TableName name{std::string(map.database), std::string(map.table)};
  if (!IsValidUtf8(name.database) || !IsValidUtf8(name.table)) {
    return MakeError(
        reason::kSchemaUnproven,
        fmt::format("the name of table {} is not UTF-8; rename the table", Quoted(name.ToString())),
        {{"table", Quoted(name.ToString())}});
  }
  Entry& entry = EntryOf(name);
  SetDropped(entry, false);
  const Knowledge known = KnowledgeOf(entry, details);
  MILLRACE_ASSIGN_OR_RETURN(Definition definition, Describe(map, known));
  if (!definition.column_of_unknown_meaning.empty()) {
    return UnknownMeaning(name, definition.column_of_unknown_meaning);
  }

  auto next = std::make_shared<TableVersion>(*entry.version);
  next->version = entry.version->version + 1;
  next->columns = std::move(definition.columns);
  AssignFields(known.previous, *next);
  const bool same = known.previous != nullptr && next->columns == entry.version->columns &&
                    next->dropped_columns == entry.version->dropped_columns;
  if (same && entry.proved_epoch == epoch_) return entry.version;
  if (!same) SetVersion(entry, std::move(next), first);
  entry.proved_epoch = epoch_;
  entry.declared_meanings.reset();
  MarkChanged(entry);
  return entry.version;
}

void Registry::MarkUnverified(const TableName& table) {
  const auto found = ids_.find(table);
  if (found == ids_.end()) return;
  Entry& entry = entries_.at(found->second);
  if (entry.proved_epoch == kUnverified) return;
  entry.proved_epoch = kUnverified;
  MarkChanged(entry);
}

void Registry::MarkAllUnverified() {
  ++epoch_;
  epoch_changed_ = true;
  for (auto& [id, entry] : entries_) {
    if (!entry.declared_meanings.has_value()) continue;
    entry.declared_meanings.reset();
    MarkChanged(entry);
  }
}

std::optional<ColumnMeanings> Registry::KnownMeanings(const TableName& table) const {
  const auto found = ids_.find(table);
  if (found == ids_.end()) return std::nullopt;
  const Entry& entry = entries_.at(found->second);
  if (entry.declared_meanings.has_value()) return entry.declared_meanings;
  if (entry.version->version == 0 || IsUnverified(entry)) return std::nullopt;
  return MeaningsOf(*entry.version);
}

void Registry::SetDeclaredMeanings(const TableName& table, std::optional<ColumnMeanings> meanings) {
  if (!meanings.has_value() && !ids_.contains(table)) return;
  Entry& entry = EntryOf(table);
  if (entry.declared_meanings == meanings) return;
  entry.declared_meanings = std::move(meanings);
  MarkChanged(entry);
}

void Registry::RenameColumns(const TableName& table,
                             const std::vector<std::pair<std::string, std::string>>& renames,
                             Sequence first) {
  const auto found = ids_.find(table);
  if (found == ids_.end()) return;
  Entry& entry = entries_.at(found->second);
  std::vector<std::pair<std::string, std::string>> valid;
  for (const auto& pair : renames) {
    if (!pair.second.empty() && IsValidUtf8(pair.second)) valid.push_back(pair);
  }
  std::optional<TableVersion> next = WithRenamedColumns(*entry.version, valid);
  if (!next.has_value()) return;
  SetVersion(entry, std::make_shared<TableVersion>(*std::move(next)), first);
  MarkChanged(entry);
}

void Registry::SetDropped(Entry& entry, bool dropped) {
  if (entry.version->dropped == dropped) return;
  auto version = std::make_shared<TableVersion>(*entry.version);
  version->dropped = dropped;
  entry.version = std::move(version);
  MarkChanged(entry);
}

void Registry::SetDropped(const TableName& table, bool dropped) {
  const auto found = ids_.find(table);
  if (found != ids_.end()) SetDropped(entries_.at(found->second), dropped);
}

bool Registry::HasVersion(const TableName& table) const {
  const auto found = ids_.find(table);
  return found != ids_.end() && entries_.at(found->second).version->version != 0;
}

bool Registry::EnableAmbiguousText() {
  if (ambiguous_text_enabled_) return false;
  return ambiguous_text_enabled_ = epoch_changed_ = true;
}

std::vector<TableName> Registry::Names() const {
  std::vector<TableName> names;
  names.reserve(ids_.size());
  for (const auto& [name, id] : ids_) names.push_back(name);
  return names;
}

std::vector<log::Record> Registry::TakeUnstored() {
  std::vector<log::Record> records;
  std::vector<TableVersionPtr> versions = std::exchange(unstored_versions_, {});
  records.reserve(versions.size() + changed_tables_.size());
  for (const TableVersionPtr& version : versions) records.push_back(VersionRecord(*version));
  for (const uint32_t table_id : changed_tables_) {
    const Entry& entry = entries_.at(table_id);
    records.push_back(TableRecord({*entry.version, entry.proved_epoch, entry.declared_meanings}));
    versions.push_back(entry.version);
  }
  if (epoch_changed_) records.push_back(EpochRecord({epoch_, ambiguous_text_enabled_}));
  changed_tables_.clear();
  epoch_changed_ = false;
  if (!records.empty()) stored_.Prepare(std::move(versions));
  return records;
}

absl::StatusOr<std::unique_ptr<Registry>> Registry::FromRecords(
    const std::vector<std::pair<std::string, std::string>>& records, Flavour flavour) {
  auto registry = std::make_unique<Registry>(Key(), flavour);
  MILLRACE_RETURN_IF_ERROR(registry->Load(records));
  return registry;
}

absl::StatusOr<std::unique_ptr<Registry>> Registry::Open(const log::Log& log, Flavour flavour) {
  MILLRACE_ASSIGN_OR_RETURN(const auto records, log.ListRecords(log::RecordKind::kSchema));
  return FromRecords(records, flavour);
}

}  // namespace millrace::schema

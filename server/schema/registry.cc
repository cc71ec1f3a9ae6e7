// SPDX-License-Identifier: Apache-2.0

#include "schema/registry.h"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <unordered_set>

#include "absl/container/flat_hash_map.h"
#include "base/check.h"
#include "base/error.h"
#include "fmt/format.h"
#include "model/charset.h"
#include "model/quoted.h"
#include "schema/cpp_names.h"
#include "schema/field_numbers.h"
#include "schema/identifier.h"
#include "schema/stored_table.h"
#include "schema/stored_tables.h"

namespace millrace::schema {
namespace {

// In doubt whatever the epoch, which counts from 1.
constexpr uint64_t kNeverProved = 0;

absl::Status MeaningUnknown(const TableName& table, const std::string& column) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "SCHEMA_UNPROVEN",
      fmt::format("table {}: MariaDB's binlog does not tell what column {} is (a UUID, an INET or "
                  "BINARY; a time of row versions or any other), the source does not have the "
                  "table as it was, and its CREATE TABLE was not read; to get past it, leave out "
                  "the table with source.tables, or a UUID or INET with source.exclude_columns",
                  Quoted(table.ToString()), Quoted(column)),
      {{"table", table.ToString()}, {"column", column}});
}

}  // namespace

class Registry::State {
 public:
  explicit State(Flavour flavour) : flavour_(flavour) {}

  absl::Status Load(const std::vector<std::pair<std::string, std::string>>& records);
  void SetColumnFilter(ColumnFilter filter) { filter_ = std::move(filter); }
  void SetFlavour(Flavour flavour) { flavour_.store(flavour, std::memory_order_relaxed); }
  Flavour flavour() const { return flavour_.load(std::memory_order_relaxed); }

  absl::StatusOr<TableVersionPtr> Resolve(const binlog::TableMap& map, const TableDetails* details,
                                          Sequence first);
  bool NeedsDetails(const binlog::TableMap& map) const;
  void Doubt(const TableName& table);
  void DoubtAll();
  void RenameColumns(const TableName& table,
                     const std::vector<std::pair<std::string, std::string>>& renames,
                     Sequence first);
  void SetDropped(const TableName& table, bool dropped);
  bool BeginAmbiguousText();
  std::optional<StatedTypes> Stated(const TableName& table) const;
  void SetStated(const TableName& table, std::optional<StatedTypes> types);
  uint32_t TableIdOf(const TableName& table) { return EntryOf(table).version->table_id; }
  bool HasVersion(const TableName& table) const;
  bool HasUnstored() const { return !fresh_.empty() || !touched_.empty() || epoch_touched_; }
  std::vector<TableName> Names() const;
  std::vector<log::Record> TakeUnstored();
  StoredTables& stored() { return stored_; }

 private:
  struct Entry {
    TableVersionPtr version;  // version 0 while no row was seen
    uint64_t proved_epoch = kNeverProved;
    // What statements said since the version was proved.
    std::optional<StatedTypes> stated;
  };

  Entry& EntryOf(const TableName& name);
  std::string FreeRowMessage(const TableName& name) const;
  Knowledge KnownOf(const Entry& entry, const TableDetails* details) const;
  bool InDoubt(const Entry& entry) const { return entry.proved_epoch < epoch_; }
  void SetDropped(Entry& entry, bool dropped);
  // What rows from `first` on are written under.
  void SetVersion(Entry& entry, std::shared_ptr<TableVersion> version, Sequence first);
  // The record of the table must be written anew.
  void Touch(const Entry& entry) { touched_.insert(entry.version->table_id); }

  std::atomic<Flavour> flavour_;
  ColumnFilter filter_;
  absl::flat_hash_map<TableName, uint32_t> ids_;
  std::unordered_map<uint32_t, Entry> entries_;
  std::unordered_set<std::string> row_messages_;
  uint32_t newest_id_ = 0;
  uint64_t epoch_ = 1;
  bool epoch_touched_ = false;
  bool tells_ambiguous_text_ = false;
  std::unordered_set<uint32_t> touched_;
  std::vector<TableVersionPtr> fresh_;  // versions made since the last TakeUnstored, in order
  StoredTables stored_;
};

absl::Status Registry::State::Load(
    const std::vector<std::pair<std::string, std::string>>& records) {
  std::vector<TableVersionPtr> versions;
  std::vector<TableVersionPtr> earlier;  // and the newest
  for (const auto& [key, value] : records) {
    if (IsEpochKey(key)) {
      MILLRACE_ASSIGN_OR_RETURN(const StoredEpoch stored, ParseEpochRecord(value));
      epoch_ = stored.epoch;
      tells_ambiguous_text_ = stored.tells_ambiguous_text;
      continue;
    }
    MILLRACE_ASSIGN_OR_RETURN(StoredTable table, ParseTableRecord(key, value));
    if (IsVersionKey(key)) {
      earlier.push_back(std::make_shared<const TableVersion>(std::move(table.version)));
      continue;
    }
    const auto version = std::make_shared<const TableVersion>(std::move(table.version));
    const bool fresh = ids_.emplace(version->name, version->table_id).second &&
                       row_messages_.insert(version->row_message).second;
    if (!fresh) {
      return MakeError(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                       fmt::format("two schema records are of table {} or row message {}; restore "
                                   "the data directory or start a new one",
                                   version->name.ToString(), version->row_message));
    }
    newest_id_ = std::max(newest_id_, version->table_id);
    entries_[version->table_id] = {version, table.proved_epoch, std::move(table.stated)};
    versions.push_back(version);
  }
  std::sort(earlier.begin(), earlier.end(),
            [](const auto& left, const auto& right) { return left->version < right->version; });
  // The newest of each table is the last to be shown.
  versions.insert(versions.begin(), earlier.begin(), earlier.end());
  stored_.Prepare(std::move(versions));
  stored_.Publish();
  return absl::OkStatus();
}

std::string Registry::State::FreeRowMessage(const TableName& name) const {
  const std::string wanted =
      fmt::format("db.{}.{}", PackagePart(Identifier(name.database)), Identifier(name.table));
  std::string message = wanted;
  for (int suffix = 2; row_messages_.contains(message); ++suffix) {
    message = fmt::format("{}_{}", wanted, suffix);
  }
  return message;
}

Registry::State::Entry& Registry::State::EntryOf(const TableName& name) {
  const auto [found, fresh] = ids_.try_emplace(name, newest_id_ + 1);
  Entry& entry = entries_[found->second];
  if (!fresh) return entry;
  TableVersion version;
  version.table_id = ++newest_id_;
  version.name = name;
  version.row_message = FreeRowMessage(name);
  version.type_url = "t/" + version.row_message;
  row_messages_.insert(version.row_message);
  entry.version = std::make_shared<const TableVersion>(std::move(version));
  Touch(entry);
  return entry;
}

Knowledge Registry::State::KnownOf(const Entry& entry, const TableDetails* details) const {
  Knowledge known;
  known.flavour = flavour();
  known.previous = entry.version->version == 0 ? nullptr : entry.version.get();
  known.doubtful = InDoubt(entry);
  known.details = details;
  if (entry.stated.has_value()) known.stated = &*entry.stated;
  known.filter = &filter_;
  return known;
}

bool Registry::State::NeedsDetails(const binlog::TableMap& map) const {
  Knowledge known;
  known.flavour = flavour();
  known.filter = &filter_;
  const auto found = ids_.find(TableName{std::string(map.database), std::string(map.table)});
  if (found != ids_.end()) known = KnownOf(entries_.at(found->second), nullptr);
  const auto definition = Describe(map, known);
  if (definition.ok()) return !definition->meaning_unknown.empty();
  return ErrorReason(definition.status()) == "SCHEMA_UNPROVEN";
}

void Registry::State::SetVersion(Entry& entry, std::shared_ptr<TableVersion> version,
                                 Sequence first) {
  version->first = first;
  entry.version = std::move(version);
  fresh_.push_back(entry.version);
}

absl::StatusOr<TableVersionPtr> Registry::State::Resolve(const binlog::TableMap& map,
                                                         const TableDetails* details,
                                                         Sequence first) {
  const TableName name{std::string(map.database), std::string(map.table)};
  if (!IsValidUtf8(name.database) || !IsValidUtf8(name.table)) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "SCHEMA_UNPROVEN",
        fmt::format("the name of table {} is not UTF-8; rename the table", Quoted(name.ToString())),
        {{"table", Quoted(name.ToString())}});
  }
  Entry& entry = EntryOf(name);
  SetDropped(entry, false);
  const Knowledge known = KnownOf(entry, details);
  MILLRACE_ASSIGN_OR_RETURN(Definition definition, Describe(map, known));
  if (!definition.meaning_unknown.empty()) {
    return MeaningUnknown(name, definition.meaning_unknown);
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
  entry.stated.reset();
  Touch(entry);
  return entry.version;
}

void Registry::State::Doubt(const TableName& table) {
  const auto found = ids_.find(table);
  if (found == ids_.end()) return;
  Entry& entry = entries_.at(found->second);
  if (entry.proved_epoch == kNeverProved) return;
  entry.proved_epoch = kNeverProved;
  Touch(entry);
}

void Registry::State::DoubtAll() {
  ++epoch_;
  epoch_touched_ = true;
  for (auto& [id, entry] : entries_) {
    if (!entry.stated.has_value()) continue;
    entry.stated.reset();
    Touch(entry);
  }
}

std::optional<StatedTypes> Registry::State::Stated(const TableName& table) const {
  const auto found = ids_.find(table);
  if (found == ids_.end()) return std::nullopt;
  const Entry& entry = entries_.at(found->second);
  if (entry.stated.has_value()) return entry.stated;
  if (entry.version->version == 0 || InDoubt(entry)) return std::nullopt;
  return MeaningsOf(*entry.version);
}

void Registry::State::SetStated(const TableName& table, std::optional<StatedTypes> types) {
  if (!types.has_value() && !ids_.contains(table)) return;
  Entry& entry = EntryOf(table);
  if (entry.stated == types) return;
  entry.stated = std::move(types);
  Touch(entry);
}

void Registry::State::RenameColumns(const TableName& table,
                                    const std::vector<std::pair<std::string, std::string>>& renames,
                                    Sequence first) {
  const auto found = ids_.find(table);
  if (found == ids_.end()) return;
  Entry& entry = entries_.at(found->second);
  std::vector<std::pair<std::string, std::string>> valid;
  for (const auto& pair : renames) {
    if (!pair.second.empty() && IsValidUtf8(pair.second)) valid.push_back(pair);
  }
  std::optional<TableVersion> next = Renamed(*entry.version, valid);
  if (!next.has_value()) return;
  SetVersion(entry, std::make_shared<TableVersion>(*std::move(next)), first);
  Touch(entry);
}

void Registry::State::SetDropped(Entry& entry, bool dropped) {
  if (entry.version->dropped == dropped) return;
  auto version = std::make_shared<TableVersion>(*entry.version);
  version->dropped = dropped;
  entry.version = std::move(version);
  Touch(entry);
}

void Registry::State::SetDropped(const TableName& table, bool dropped) {
  const auto found = ids_.find(table);
  if (found != ids_.end()) SetDropped(entries_.at(found->second), dropped);
}

bool Registry::State::HasVersion(const TableName& table) const {
  const auto found = ids_.find(table);
  return found != ids_.end() && entries_.at(found->second).version->version != 0;
}

bool Registry::State::BeginAmbiguousText() {
  if (tells_ambiguous_text_) return false;
  return tells_ambiguous_text_ = epoch_touched_ = true;
}

std::vector<TableName> Registry::State::Names() const {
  std::vector<TableName> names;
  names.reserve(ids_.size());
  for (const auto& [name, id] : ids_) names.push_back(name);
  return names;
}

std::vector<log::Record> Registry::State::TakeUnstored() {
  std::vector<log::Record> records;
  std::vector<TableVersionPtr> versions = std::exchange(fresh_, {});
  records.reserve(versions.size() + touched_.size());
  for (const TableVersionPtr& version : versions) records.push_back(VersionRecord(*version));
  for (const uint32_t table_id : touched_) {
    const Entry& entry = entries_.at(table_id);
    records.push_back(TableRecord({*entry.version, entry.proved_epoch, entry.stated}));
    versions.push_back(entry.version);
  }
  if (epoch_touched_) records.push_back(EpochRecord({epoch_, tells_ambiguous_text_}));
  touched_.clear();
  epoch_touched_ = false;
  if (!records.empty()) stored_.Prepare(std::move(versions));
  return records;
}

absl::StatusOr<std::unique_ptr<Registry>> Registry::FromRecords(
    const std::vector<std::pair<std::string, std::string>>& records, Flavour flavour) {
  auto state = std::make_unique<State>(flavour);
  MILLRACE_RETURN_IF_ERROR(state->Load(records));
  return std::unique_ptr<Registry>(new Registry(std::move(state)));
}

absl::StatusOr<std::unique_ptr<Registry>> Registry::Open(const log::Log& log, Flavour flavour) {
  MILLRACE_ASSIGN_OR_RETURN(const auto records, log.ListRecords(log::RecordKind::kSchema));
  return FromRecords(records, flavour);
}

Registry::Registry(std::unique_ptr<State> state) : state_(std::move(state)) {}
Registry::~Registry() = default;

void Registry::SetFlavour(Flavour flavour) { state_->SetFlavour(flavour); }
Flavour Registry::flavour() const { return state_->flavour(); }

void Registry::SetColumnFilter(ColumnFilter filter) { state_->SetColumnFilter(std::move(filter)); }
absl::StatusOr<TableVersionPtr> Registry::Resolve(const binlog::TableMap& map,
                                                  const TableDetails* details, Sequence first) {
  return state_->Resolve(map, details, first);
}
bool Registry::NeedsDetails(const binlog::TableMap& map) const { return state_->NeedsDetails(map); }
void Registry::Doubt(const TableName& table) { state_->Doubt(table); }
void Registry::DoubtAll() { state_->DoubtAll(); }
void Registry::RenameColumns(const TableName& table,
                             const std::vector<std::pair<std::string, std::string>>& renames,
                             Sequence first) {
  state_->RenameColumns(table, renames, first);
}
void Registry::SetDropped(const TableName& table, bool dropped) {
  state_->SetDropped(table, dropped);
}
std::optional<StatedTypes> Registry::Stated(const TableName& table) const {
  return state_->Stated(table);
}
void Registry::SetStated(const TableName& table, std::optional<StatedTypes> types) {
  state_->SetStated(table, std::move(types));
}
bool Registry::BeginAmbiguousText() { return state_->BeginAmbiguousText(); }
uint32_t Registry::TableIdOf(const TableName& table) { return state_->TableIdOf(table); }
bool Registry::HasVersion(const TableName& table) const { return state_->HasVersion(table); }
bool Registry::HasUnstored() const { return state_->HasUnstored(); }
std::vector<TableName> Registry::Names() const { return state_->Names(); }
std::vector<log::Record> Registry::TakeUnstored() { return state_->TakeUnstored(); }
void Registry::MarkStored() { state_->stored().Publish(); }
TableVersionPtr Registry::Find(uint32_t table_id) const { return state_->stored().Find(table_id); }
TableVersionPtr Registry::FindAt(uint32_t table_id, Sequence sequence) const {
  return state_->stored().FindAt(table_id, sequence);
}
VersionSpan Registry::SpanAt(uint32_t table_id, Sequence sequence) const {
  return state_->stored().SpanAt(table_id, sequence);
}
TableVersionPtr Registry::Find(const TableName& name) const { return state_->stored().Find(name); }
TableVersionPtr Registry::FindNext(const TableVersion& version) const {
  return state_->stored().FindNext(version);
}
TableVersionPtr Registry::FindRowMessage(std::string_view full_name) const {
  return state_->stored().FindRowMessage(full_name);
}
std::optional<TableName> Registry::NameOf(uint32_t table_id) const {
  return state_->stored().NameOf(table_id);
}
std::vector<TableVersionPtr> Registry::List() const { return state_->stored().List(); }
uint64_t Registry::generation() const { return state_->stored().generation(); }

}  // namespace millrace::schema

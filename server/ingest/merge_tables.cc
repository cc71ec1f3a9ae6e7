// SPDX-License-Identifier: Apache-2.0

#include "ingest/merge_tables.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "coverage/statement_effects.h"
#include "log/damage.h"
#include "schema/merge_options.h"

namespace millrace::ingest {
namespace {

using schema::StatementVerb;

// First byte of each value. Do not reuse.
constexpr char kMergeFormat = 1;
constexpr std::string_view kMergePrefix = "merge.";

// The separator is safe: no name contains a zero byte.
void AppendName(std::string& bytes, const TableName& table) {
  bytes.append(table.database).push_back('\0');
  bytes.append(table.table).push_back('\0');
}

std::string KeyOfMerge(const TableName& table) {
  std::string key(kMergePrefix);
  AppendName(key, table);
  return key;
}

std::optional<TableName> TakeTable(std::string_view& rest) {
  TableName table;
  for (std::string* name : {&table.database, &table.table}) {
    const size_t end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    *name = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  return table;
}

absl::Status MergeDamaged(std::string_view key) {
  return log::RecordDamaged(key, "contains no list of tables");
}

bool FoldMembers(const NameFolding& names, MergeTables::Members& members) {
  for (TableName& member : members) {
    for (std::string* name : {&member.database, &member.table}) {
      std::optional<std::string> folded = names.Fold(*name);
      if (!folded.has_value()) return false;
      *name = *std::move(folded);
    }
  }
  return true;
}

// Applies the options of a CREATE or ALTER to its table.
void NoteOptions(const SentStatement& sent, const schema::Statement& statement,
                 const NameFolding& names, MergeTables& tables) {
  const TableName& table = statement.tables.front();
  const bool was_merge = tables.Find(table) != nullptr;
  const bool creates = statement.verb == StatementVerb::kCreate;
  // The table may have existed before.
  if (creates && statement.if_not_exists && !statement.or_replace && was_merge) return;
  auto options = schema::MergeOptionsOf(sent.text, sent.database, sent.session);
  const bool is_merge = options.has_value() && options->merge.value_or(was_merge && !creates);
  if (!is_merge) return tables.Forget(table);
  if (!options->members.has_value() && was_merge && !creates) return;
  MergeTables::Members members = std::move(options->members).value_or(MergeTables::Members());
  if (!FoldMembers(names, members)) return tables.Forget(table);
  tables.Set(table, std::move(members));
}

}  // namespace

absl::StatusOr<std::unique_ptr<MergeTables>> MergeTables::Open(const log::Log& log) {
  std::unique_ptr<MergeTables> tables(new MergeTables());
  MILLRACE_ASSIGN_OR_RETURN(const auto records, log.ListRecords(log::RecordKind::kMeta));
  for (const auto& [key, value] : records) {
    if (!std::string_view(key).starts_with(kMergePrefix)) continue;
    MILLRACE_RETURN_IF_ERROR(tables->Load(key, value));
  }
  return tables;
}

absl::Status MergeTables::Load(std::string_view key, std::string_view value) {
  std::string_view name = key.substr(kMergePrefix.size());
  std::optional<TableName> table = TakeTable(name);
  if (!table.has_value() || !name.empty()) return MergeDamaged(key);
  MILLRACE_RETURN_IF_ERROR(log::TakeFormat(key, kMergeFormat, value).status());
  Members members;
  while (!value.empty()) {
    std::optional<TableName> member = TakeTable(value);
    if (!member.has_value()) return MergeDamaged(key);
    members.push_back(*std::move(member));
  }
  tables_.emplace(*std::move(table), std::move(members));
  return absl::OkStatus();
}

const MergeTables::Members* MergeTables::Find(const TableName& table) const {
  const auto found = tables_.find(table);
  return found == tables_.end() ? nullptr : &found->second;
}

void MergeTables::Set(const TableName& table, Members members) {
  const auto found = tables_.find(table);
  if (found != tables_.end() && found->second == members) return;
  std::string value(1, kMergeFormat);
  for (const TableName& member : members) AppendName(value, member);
  const std::string key = KeyOfMerge(table);
  unstored_.insert_or_assign(key, log::Record{log::RecordKind::kMeta, key, std::move(value)});
  tables_.insert_or_assign(table, std::move(members));
}

void MergeTables::Forget(const TableName& table) {
  if (tables_.erase(table) == 0) return;
  const std::string key = KeyOfMerge(table);
  unstored_.insert_or_assign(key, log::Record{log::RecordKind::kMeta, key, std::nullopt});
}

void MergeTables::ForgetDatabase(std::string_view database) {
  std::vector<TableName> gone;
  for (const auto& [table, members] : tables_) {
    if (table.database == database) gone.push_back(table);
  }
  for (const TableName& table : gone) Forget(table);
}

void MergeTables::ForgetAll() {
  while (!tables_.empty()) Forget(TableName(tables_.begin()->first));
}

void MergeTables::Rename(const TableName& from, const TableName& to) {
  const Members* members = Find(from);
  if (members == nullptr) return Forget(to);
  Set(to, Members(*members));
  Forget(from);
}

std::vector<log::Record> MergeTables::TakeUnstored() {
  std::vector<log::Record> records;
  records.reserve(unstored_.size());
  for (auto& [key, record] : unstored_) records.push_back(std::move(record));
  unstored_.clear();
  return records;
}

void NoteMergeTables(const SentStatement& sent, const schema::Statement& statement,
                     const NameFolding& names,
                     const std::function<bool(const TableName&)>& captured, MergeTables& tables) {
  if (statement.temporary) return;
  if (statement.may_concern_any_table) return tables.ForgetAll();
  if (coverage::DropsDatabase(statement)) return tables.ForgetDatabase(statement.database);
  if (statement.tables.empty()) return;
  if (statement.ambiguous || statement.verb == StatementVerb::kDrop) {
    for (const TableName& table : statement.tables) tables.Forget(table);
    return;
  }
  const bool defines =
      statement.verb == StatementVerb::kCreate || statement.verb == StatementVerb::kAlter;
  if (defines) NoteOptions(sent, statement, names, tables);
  for (const auto& [from, to] : statement.renames) tables.Rename(from, to);
  for (const TableName& table : statement.tables) {
    if (!captured(table)) tables.Forget(table);
  }
}

}  // namespace millrace::ingest

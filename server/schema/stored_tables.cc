// SPDX-License-Identifier: Apache-2.0

#include "schema/stored_tables.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace millrace::schema {
namespace {

constexpr Sequence kNoLast{std::numeric_limits<uint64_t>::max()};

}  // namespace

void StoredTables::Prepare(std::vector<TableVersionPtr> versions) {
  absl::MutexLock lock(&mutex_);
  prepared_.push_back(std::move(versions));
}

void StoredTables::Publish() {
  absl::MutexLock lock(&mutex_);
  MILLRACE_CHECK(!prepared_.empty());
  bool changed = false;
  for (TableVersionPtr& version : prepared_.front()) {
    by_name_[version->name] = version->table_id;
    by_message_[version->row_message] = version->table_id;
    TableVersionPtr& current = by_id_[version->table_id];
    // A table that was only verified again has the same version.
    changed = changed || current != version;
    if (version->version != 0) AddToHistory(version);
    current = std::move(version);
  }
  prepared_.pop_front();
  if (changed) generation_.fetch_add(1, std::memory_order_release);
}

void StoredTables::AddToHistory(const TableVersionPtr& version) {
  std::vector<TableVersionPtr>& versions = history_[version->table_id];
  if (versions.empty() || versions.back()->version < version->version) versions.push_back(version);
}

// A version made for rows that never reached the log may claim sequences of later versions. The
// later versions have greater numbers, so the search from the newest finds them first.
TableVersionPtr StoredTables::FindAt(uint32_t table_id, Sequence sequence) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = history_.find(table_id);
  if (found == history_.end()) return nullptr;
  const std::vector<TableVersionPtr>& versions = found->second;
  const auto fits = std::find_if(versions.rbegin(), versions.rend(),
                                 [&](const auto& version) { return version->first <= sequence; });
  return fits == versions.rend() ? versions.front() : *fits;
}

VersionSpan StoredTables::SpanAt(uint32_t table_id, Sequence sequence) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = history_.find(table_id);
  if (found == history_.end()) return {};
  const std::vector<TableVersionPtr>& versions = found->second;
  VersionSpan span{.version = versions.front(), .first = {}, .last = kNoLast};
  // Newest first: from its first sequence on, a later version overrides earlier ones.
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if ((*version)->first <= sequence) {
      span.version = *version;
      if (*version != versions.front()) span.first = (*version)->first;
      break;
    }
    span.last = std::min(span.last, Sequence{(*version)->first.value - 1});
  }
  return span;
}

TableVersionPtr StoredTables::FindNext(const TableVersion& version) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = history_.find(version.table_id);
  if (found == history_.end()) return nullptr;
  const std::vector<TableVersionPtr>& versions = found->second;
  const auto next = std::find_if(versions.begin(), versions.end(), [&](const auto& other) {
    return other->version > version.version;
  });
  return next == versions.end() ? nullptr : *next;
}

TableVersionPtr StoredTables::FindWithRows(uint32_t table_id) const {
  const auto found = by_id_.find(table_id);
  return found == by_id_.end() || found->second->version == 0 ? nullptr : found->second;
}

TableVersionPtr StoredTables::Find(uint32_t table_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  return FindWithRows(table_id);
}

TableVersionPtr StoredTables::Find(const TableName& name) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : FindWithRows(found->second);
}

TableVersionPtr StoredTables::FindRowMessage(std::string_view full_name) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = by_message_.find(full_name);
  return found == by_message_.end() ? nullptr : FindWithRows(found->second);
}

std::optional<TableName> StoredTables::NameOf(uint32_t table_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = by_id_.find(table_id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second->name;
}

std::vector<TableVersionPtr> StoredTables::List() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<TableVersionPtr> versions;
  versions.reserve(by_name_.size());
  for (const auto& [name, table_id] : by_name_) {
    if (TableVersionPtr version = FindWithRows(table_id)) versions.push_back(std::move(version));
  }
  return versions;
}

}  // namespace millrace::schema

// SPDX-License-Identifier: Apache-2.0

#include "snapshot/live_changes.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/string_view.h"

namespace millrace::snapshot {
namespace {

// Approximate memory of a remembered key besides its bytes.
constexpr size_t kKeyOverhead = 96;
// Minimum distance of noted times, and their maximum number.
constexpr Micros kTimeSpacing = 100'000;
constexpr size_t kTimesMax = 400;

}  // namespace

void TableChanges::SetKey(transcode::RowKey key) {
  key_ = std::move(key);
  ForgetAll();
}

void TableChanges::ForgetAll() {
  newer_.clear();
  older_.clear();
  bytes_ = 0;
  older_newest_ = forgotten_ = stamp_;
}

void TableChanges::OnRow(const transcode::ObservedRow& row) {
  ++stamp_;
  if (!key_.has_value()) {
    forgotten_ = stamp_;
    return;
  }
  const bool has_before = row.before.has_value();
  const bool has_after = row.after.has_value();
  const transcode::EncodedRow before{
      .message = row.before.value_or(""), .texts = row.texts, .in_before = true};
  const transcode::EncodedRow after{.message = row.after.value_or(""), .texts = row.texts};
  const bool partial = has_after && row.after_partial;
  // The row may move into the part already read, and no change contains it completely.
  if (partial && has_before && MovesKey(before, after)) NoteDefinitionChange();
  const bool after_known = !has_after || RememberRow(after, partial);
  // If the new key is incomplete, readers still have the row under its old key.
  const bool before_known = !has_before || RememberRow(before, partial && !after_known);
  const bool key_known = before_known && (after_known || (partial && has_before));
  if (!key_known) ForgetAll();
}

bool TableChanges::MovesKey(const transcode::EncodedRow& before,
                            const transcode::EncodedRow& after) {
  if (!key_->AnyIn(after)) return false;
  scratch_.clear();
  std::string after_key;
  return !key_->Append(before, scratch_) || !key_->Append(after, after_key) ||
         scratch_ != after_key;
}

bool TableChanges::RememberRow(const transcode::EncodedRow& row, bool partial) {
  scratch_.clear();
  if (!key_->Append(row, scratch_)) return false;
  RememberScratchKey(partial);
  return true;
}

void TableChanges::RememberScratchKey(bool partial) {
  const size_t bytes = scratch_.size() + kKeyOverhead;
  auto found = newer_.find(scratch_);
  if (found == newer_.end()) {
    if (bytes_ + bytes > key_bytes_max_ / 2) StartGeneration();
    found = newer_.try_emplace(scratch_).first;
    bytes_ += bytes;
  }
  found->second.stamp = stamp_;
  if (partial) found->second.partial_stamp = stamp_;
}

// The current stamp belongs to the new generation, although some of its keys may be in the old one.
void TableChanges::StartGeneration() {
  forgotten_ = std::max(forgotten_, older_newest_);
  older_ = std::move(newer_);
  newer_.clear();
  older_newest_ = stamp_;
  bytes_ = 0;
}

TableChanges::Touch TableChanges::TouchSince(uint64_t stamp, std::string_view key) const {
  Touch touch = Touch::kNone;
  for (const Keys* keys : {&newer_, &older_}) {
    const auto found = keys->find(absl::string_view(key.data(), key.size()));
    if (found == keys->end()) continue;
    if (found->second.partial_stamp > stamp) return Touch::kPartial;
    if (found->second.stamp > stamp) touch = Touch::kTouched;
  }
  return touch;
}

void TableChanges::Forget(uint64_t stamp) {
  stamp = std::min(stamp, stamp_);
  forgotten_ = std::max(forgotten_, stamp);
  if (older_newest_ <= stamp) StartGeneration();
  // Readers never ask for these stamps again.
  while (times_.size() > 1 && times_[1].second <= forgotten_) times_.pop_front();
}

void TableChanges::NoteTime(Micros now) {
  // Keep the time at which this stamp was first the newest.
  if (!times_.empty() && times_.back().second == stamp_) return;
  if (!times_.empty() && now - times_.back().first < kTimeSpacing) return;
  times_.emplace_back(now, stamp_);
  if (times_.size() <= kTimesMax) return;
  // Drops every second time of the older half, but never the oldest.
  size_t kept = 1;
  const size_t half = times_.size() / 2;
  for (size_t i = 2; i < half; i += 2) times_[kept++] = times_[i];
  times_.erase(times_.begin() + static_cast<std::ptrdiff_t>(kept),
               times_.begin() + static_cast<std::ptrdiff_t>(half));
}

std::optional<uint64_t> TableChanges::StampAt(Micros time) const {
  const auto next_time =
      std::upper_bound(times_.begin(), times_.end(), time,
                       [](Micros wanted, const auto& noted) { return wanted < noted.first; });
  if (next_time == times_.begin()) return std::nullopt;
  return std::prev(next_time)->second;
}

TableChanges* LiveChanges::Find(const TableName& table) {
  const auto found = tables_.find(table);
  return found == tables_.end() ? nullptr : found->second.get();
}

TableChanges& LiveChanges::Start(const TableName& table, size_t key_bytes_max) {
  std::unique_ptr<TableChanges>& changes = tables_[table];
  changes = std::make_unique<TableChanges>(key_bytes_max);
  return *changes;
}

void LiveChanges::NoteDefinitionChange(const TableName& table) {
  if (TableChanges* changes = Find(table); changes != nullptr) changes->NoteDefinitionChange();
}

void LiveChanges::NoteDefinitionChangeInDatabase(std::string_view database) {
  for (const auto& [name, changes] : tables_) {
    if (name.database == database) changes->NoteDefinitionChange();
  }
}

void LiveChanges::NoteDefinitionChangeAnywhere() {
  for (const auto& [name, changes] : tables_) changes->NoteDefinitionChange();
}

void LiveChanges::NoteRollback() {
  for (const auto& [name, changes] : tables_) changes->ForgetAll();
}

void LiveChanges::NoteTime(Micros now) {
  for (const auto& [name, changes] : tables_) changes->NoteTime(now);
}

}  // namespace millrace::snapshot

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "model/table_name.h"
#include "transcode/frame_builder.h"
#include "transcode/row_key.h"

namespace millrace::snapshot {

// The keys of one table that the stream touches while the table is being read, and when. Counts
// time in stamps, one per row. Belongs to the thread that writes the log.
class TableChanges final : public transcode::RowObserver {
 public:
  // `key_bytes_max` bounds the memory for keys.
  explicit TableChanges(size_t key_bytes_max) : key_bytes_max_(key_bytes_max) {}

  // Remembers keys from now on. Before, rows are only counted.
  void SetKey(transcode::RowKey key);

  void OnRow(const transcode::ObservedRow& row) override;
  // A statement changed the definition or emptied the table, or the rows read so far became useless
  // for another reason. The table must be read again from its first row.
  void NoteDefinitionChange() { ++definition_changes_; }
  // Forgets all keys so far, for example because their rows may have been rolled back and will
  // never be in the log.
  void ForgetAll();

  // Number of rows so far.
  uint64_t stamp() const { return stamp_; }
  // Number of calls of NoteDefinitionChange so far.
  uint64_t definition_changes() const { return definition_changes_; }

  // What the stream did to a key after `stamp`.
  enum class Touch {
    kNone,     // nothing
    kTouched,  // the log contains its changes
    kPartial,  // the log contains its changes, but not always the whole row
  };
  // Valid only if Remembers(stamp).
  Touch TouchSince(uint64_t stamp, std::string_view key) const;
  // False if keys touched after `stamp` have been forgotten, for lack of memory or by ForgetAll.
  bool Remembers(uint64_t stamp) const { return stamp >= forgotten_; }
  // Readers no longer need keys touched up to `stamp`.
  void Forget(uint64_t stamp);

  // Notes that the current stamp is the newest at `now` (steady clock).
  void NoteTime(Micros now);
  // The newest stamp that is at least as old as `time`. Nothing if recording started later. Old
  // times are thinned out, so the result may be an older stamp.
  std::optional<uint64_t> StampAt(Micros time) const;

 private:
  struct Entry {
    uint64_t stamp = 0;
    uint64_t partial_stamp = 0;  // of the newest incomplete row; 0: none
  };
  using Keys = absl::flat_hash_map<std::string, Entry>;
  // Whether an incomplete after image may have another key than the before image.
  bool MovesKey(const transcode::EncodedRow& before, const transcode::EncodedRow& after);
  // False: the row lacks a key value.
  bool RememberRow(const transcode::EncodedRow& row, bool partial);
  void RememberScratchKey(bool partial);
  void StartGeneration();

  const size_t key_bytes_max_;
  std::optional<transcode::RowKey> key_;
  uint64_t stamp_ = 0;
  uint64_t definition_changes_ = 0;
  uint64_t forgotten_ = 0;  // keys up to this stamp may be missing
  // Two generations, so that old keys can be dropped at once. Keys in `older_` are from
  // `older_newest_` or before.
  Keys newer_;
  Keys older_;
  uint64_t older_newest_ = 0;
  size_t bytes_ = 0;  // of keys in newer_; those in older_ took at most as much
  // When each stamp was first the newest; oldest first.
  std::deque<std::pair<Micros, uint64_t>> times_;
  std::string scratch_;
};

// The tables being read. Belongs to the thread that writes the log.
class LiveChanges {
 public:
  // False while no table is being read; then all calls are free.
  bool recording() const { return !tables_.empty(); }
  // Null if the table is not being read.
  TableChanges* Find(const TableName& table);
  // Starts recording the table. Discards what was recorded before.
  TableChanges& Start(const TableName& table, size_t key_bytes_max);
  void Stop(const TableName& table) { tables_.erase(table); }
  void NoteDefinitionChange(const TableName& table);
  void NoteDefinitionChangeInDatabase(std::string_view database);
  void NoteDefinitionChangeAnywhere();
  // Rows of a transaction were rolled back.
  void NoteRollback();
  // Calls TableChanges::NoteTime for all tables.
  void NoteTime(Micros now);

 private:
  absl::flat_hash_map<TableName, std::unique_ptr<TableChanges>> tables_;
};

}  // namespace millrace::snapshot

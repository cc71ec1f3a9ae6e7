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

// What the stream did to one table while it is being read: which keys it touched, and when. Time is
// counted in stamps, one a row. Belongs to the thread that writes the log.
class TableChanges final : public transcode::RowObserver {
 public:
  // `key_bytes_max` bounds the memory for keys.
  explicit TableChanges(size_t key_bytes_max) : key_bytes_max_(key_bytes_max) {}

  // From here on keys are remembered; before, rows are only counted.
  void SetKey(transcode::RowKey key);

  void OnRow(const transcode::ObservedRow& row) override;
  // A statement changed the definition, or emptied the table; or something else makes what was read
  // of little use.
  void NoteDefinitionChange() { ++definitions_; }
  // Rows told of so far were perhaps taken back: nothing can be said of keys touched up to here,
  // since of those the log tells nothing.
  void ForgetAll();

  // Rows seen so far.
  uint64_t stamp() const { return stamp_; }
  // Statements seen so far.
  uint64_t definitions() const { return definitions_; }

  // What became of a key after `stamp`.
  enum class Touch {
    kNone,     // nothing
    kTouched,  // the stream tells of it
    kPartial,  // the stream tells of it, but not always of the whole row
  };
  // Means something only if Remembers(stamp).
  Touch TouchSince(uint64_t stamp, std::string_view key) const;
  // False if keys touched after `stamp` were given up for their number: nothing can be said then.
  bool Remembers(uint64_t stamp) const { return stamp >= forgotten_; }
  // Keys touched up to `stamp` are of no interest any more.
  void Forget(uint64_t stamp);

  // Remembers that the stream stands at the newest stamp at `now` (steady).
  void NoteTime(Micros now);
  // The newest stamp that is at least as old as `time`; nothing if recording began later. Older
  // times are remembered less exactly; the answer is then an older stamp.
  std::optional<uint64_t> StampAt(Micros time) const;

 private:
  struct Entry {
    uint64_t stamp = 0;
    uint64_t partial_stamp = 0;  // of the newest row that was not whole; 0: none
  };
  using Keys = absl::flat_hash_map<std::string, Entry>;
  // Whether a row that is not whole may have another key than before.
  bool MovesKey(const transcode::EncodedRow& before, const transcode::EncodedRow& after);
  // False: the row lacks a value of the key.
  bool RememberRow(const transcode::EncodedRow& row, bool partial);
  void RememberScratch(bool partial);
  void StartGeneration();

  const size_t key_bytes_max_;
  std::optional<transcode::RowKey> key_;
  uint64_t stamp_ = 0;
  uint64_t definitions_ = 0;
  uint64_t forgotten_ = 0;  // keys up to this stamp may be gone
  // Two generations, so that old keys go at once: keys of `older_` are at most at `older_newest_`.
  Keys newer_;
  Keys older_;
  uint64_t older_newest_ = 0;
  size_t bytes_ = 0;  // of keys in newer_; those of older_ are within the bound as well
  // TouchSince when the stream stood at a stamp, oldest first.
  std::deque<std::pair<Micros, uint64_t>> times_;
  std::string scratch_;
};

// The tables being read. Belongs to the thread that writes the log.
class LiveChanges {
 public:
  // False, and everything here costs nothing, while no table is being read.
  bool recording() const { return !tables_.empty(); }
  // Null: the table is not being read.
  TableChanges* Find(const TableName& table);
  // Begins to record. If the table is being read already, it begins anew.
  TableChanges& Start(const TableName& table, size_t key_bytes_max);
  void Stop(const TableName& table) { tables_.erase(table); }
  void NoteDefinitionChange(const TableName& table);
  void NoteDefinitionChangeInDatabase(std::string_view database);
  void NoteDefinitionChangeAnywhere();
  // Rows of a transaction were taken back.
  void NoteRollback();
  // TableChanges::NoteTime of all tables.
  void NoteTime(Micros now);

 private:
  absl::flat_hash_map<TableName, std::unique_ptr<TableChanges>> tables_;
};

}  // namespace millrace::snapshot

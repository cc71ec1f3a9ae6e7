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

  // From here on keys are remembered; before, rows are only counted. `full`: what a row of the
  // table must have to replace one that was read.
  void SetKey(transcode::RowKey key);

  void OnRow(const transcode::ObservedRow& row) override;
  // A statement changed the definition, or emptied the table.
  void NoteDefinition() { ++definitions_; }

  // Rows seen so far.
  uint64_t stamp() const { return stamp_; }
  // Statements seen so far.
  uint64_t definitions() const { return definitions_; }

  // What became of a key after `stamp`.
  enum class Touch {
    kNone,     // nothing
    kTouched,  // the stream tells of it
    kPartial,  // the stream tells of it, but not of the whole row
  };
  Touch Since(uint64_t stamp, std::string_view key) const;
  // False if keys touched after `stamp` were given up for their number: nothing can be said then.
  bool Remembers(uint64_t stamp) const { return stamp >= forgotten_; }
  // Keys touched up to `stamp` are of no interest any more.
  void Forget(uint64_t stamp);

  // Remembers that the stream stands at the newest stamp at `now` (steady).
  void NoteTime(Micros now);
  // The newest stamp that is at least as old as `time`; nothing if recording began later.
  std::optional<uint64_t> StampAt(Micros time) const;

 private:
  struct Entry {
    uint64_t stamp = 0;
    uint64_t partial_stamp = 0;  // of the newest row that was not whole; 0: none
  };
  using Keys = absl::flat_hash_map<std::string, Entry>;
  void Touch_(std::string_view row, bool partial);
  void Remember(std::string_view key, bool partial);

  const size_t key_bytes_max_;
  std::optional<transcode::RowKey> key_;
  uint64_t stamp_ = 0;
  uint64_t definitions_ = 0;
  uint64_t forgotten_ = 0;  // keys up to this stamp may be gone
  // Two generations, so that old keys go at once: keys of `older_` are at most at `older_newest_`.
  Keys newer_;
  Keys older_;
  uint64_t older_newest_ = 0;
  size_t bytes_ = 0;        // of keys in newer_
  size_t older_bytes_ = 0;  // in older_
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
  TableChanges& Start(const TableName& table, size_t key_bytes_max);
  void Stop(const TableName& table) { tables_.erase(table); }
  void NoteDefinition(const TableName& table);
  void NoteDefinitionOfAny();

 private:
  absl::flat_hash_map<TableName, std::unique_ptr<TableChanges>> tables_;
};

}  // namespace millrace::snapshot

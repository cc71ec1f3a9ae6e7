// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "binlog/table_map.h"
#include "log/log.h"
#include "model/flavour.h"
#include "model/table_details.h"
#include "schema/column_meanings.h"
#include "schema/definition.h"
#include "schema/stored_tables.h"
#include "schema/table_version.h"

namespace millrace::schema {

// All tables that the log holds rows of, in all their versions. A table is its name: what is
// created again under an old name goes on where that left off, so field numbers are found by column
// name and never move, whatever ALTER, RENAME TABLE swaps (gh-ost) or DROP did meanwhile, and no
// DDL parser is trusted with it. Rows are encoded as they arrive, and the newest version suffices
// to read all of them: what earlier ones used is in its `dropped_columns`. Earlier versions tell
// which columns a row had.
//
// The writing methods belong to the ingest thread; MarkStored and the reading methods are
// thread-safe. Readers see a version once it is stored.
class Registry {
  struct Key {};  // only Open and FromRecords make it

 public:
  // Loads what `log` has stored. kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
  static absl::StatusOr<std::unique_ptr<Registry>> Open(const log::Log& log, Flavour flavour);
  // The same from the records' keys and values; from none, an empty registry.
  static absl::StatusOr<std::unique_ptr<Registry>> FromRecords(
      const std::vector<std::pair<std::string, std::string>>& records, Flavour flavour);
  Registry(Key, Flavour flavour);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  // Writing thread.

  // Columns for which `filter` is false are not captured: no field, not in the row message. One
  // that was captured before keeps its number as a dropped column does, until it is let in again.
  // To be set before the first Resolve.
  void SetColumnFilter(ColumnFilter filter) { filter_ = std::move(filter); }
  // Which family's TABLE_MAPs will come, once that is known. To be set before the first Resolve.
  void SetFlavour(Flavour flavour) { flavour_.store(flavour, std::memory_order_relaxed); }
  // What was set last; that of Open before. Thread-safe.
  Flavour flavour() const { return flavour_.load(std::memory_order_relaxed); }

  // The version that fits `map`: the newest if it is the same definition, otherwise a new one for
  // rows from `first` on.
  // `details` supplies what the map lacks (names, labels, charsets under
  // binlog_row_metadata=MINIMAL; UUID and INET meanings; COLUMN_TYPE); may be null.
  // kFailedPrecondition SCHEMA_UNPROVEN: names or charsets are in neither, or `details` does not
  // fit the event (count, meanings, lengths): names the table, what differs, and the statement that
  // mends it. kUnimplemented COLUMN_TYPE_UNKNOWN: a captured column has values nobody can read.
  //
  // Where neither statements nor details nor an earlier version tell what a column of MariaDB
  // means, as a UUID or a BINARY(16), that is SCHEMA_UNPROVEN too. So pass null only if the source
  // does not know the table any more; a failed query must be repeated instead.
  absl::StatusOr<TableVersionPtr> Resolve(const binlog::TableMap& map, const TableDetails* details,
                                          Sequence first = {});
  // True if Resolve of `map` would need details it has never seen, or not since MarkUnverified.
  bool NeedsDetails(const binlog::TableMap& map) const;

  // To be called for each statement that may have changed a table: what details told of it holds no
  // longer, since a TABLE_MAP without names, or with a UUID instead of a BINARY(16), can look as
  // before. MarkAllUnverified: the statement may concern any table. Goes to disk with the next
  // records.
  void MarkUnverified(const TableName& table);
  void MarkAllUnverified();
  // What no TABLE_MAP of MariaDB tells of the columns of the table as it is at this place in the
  // binlog: by statements, or by the newest version unless a statement since may have changed the
  // table. Nothing: it cannot be said.
  std::optional<ColumnMeanings> KnownMeanings(const TableName& table) const;
  // What the statement says that is at hand; nothing: it does not say. Holds until the table's next
  // Resolve, or MarkAllUnverified. Goes to disk with the next records.
  void SetDeclaredMeanings(const TableName& table, std::optional<ColumnMeanings> meanings);
  // ALTER TABLE … RENAME COLUMN from TO to: the numbers go with the columns, in rows from `first`
  // on. Pairs take effect together, so that names may be swapped. Pairs that do not fit the newest
  // version are ignored.
  void RenameColumns(const TableName& table,
                     const std::vector<std::pair<std::string, std::string>>& renames,
                     Sequence first = {});
  // A statement dropped the table, or renamed it, or (`dropped` false) created it. Does nothing for
  // a name that is not known. Resolve creates it too. Goes to disk with the next records.
  void SetDropped(const TableName& table, bool dropped);
  // From now on changes have Change.ambiguous_text. True if this was not so before: what the log
  // holds has none. Goes to disk with the next records.
  bool EnableAmbiguousText();
  // Number of the table name, given out if new. For changes that carry no row (TRUNCATE, DDL).
  uint32_t TableIdOf(const TableName& table) { return EntryOf(table).version->table_id; }

  // Whether rows of the table can have been written already: it has a version, stored or not.
  bool HasVersion(const TableName& table) const;
  // TakeUnstored would return something.
  bool HasUnstored() const {
    return !unstored_versions_.empty() || !changed_tables_.empty() || epoch_changed_;
  }

  // All names that have a number.
  std::vector<TableName> Names() const;

  // Records of what is new since the last call, to go into the same batch as the frames that use
  // it.
  std::vector<log::Record> TakeUnstored();
  // The records of the oldest TakeUnstored that returned any, and was not answered by a MarkStored
  // yet, are on disk: readers may see them.
  void MarkStored() { stored_.Publish(); }

  // Readers.

  // Newest stored version; null if there is none.
  TableVersionPtr Find(uint32_t table_id) const { return stored_.Find(table_id); }
  TableVersionPtr Find(const TableName& name) const { return stored_.Find(name); }
  // The version that rows of this sequence were written under. Of rows older than the oldest
  // version that is kept, that one; null if there is none.
  TableVersionPtr FindAt(uint32_t table_id, Sequence sequence) const {
    return stored_.FindAt(table_id, sequence);
  }
  // The same, with the sequences that have this version; `version` is null if there is none.
  VersionSpan SpanAt(uint32_t table_id, Sequence sequence) const {
    return stored_.SpanAt(table_id, sequence);
  }
  // The version after this one; null if it is the newest.
  TableVersionPtr FindNext(const TableVersion& version) const { return stored_.FindNext(version); }
  TableVersionPtr FindRowMessage(std::string_view full_name) const {
    return stored_.FindRowMessage(full_name);
  }
  // Name behind a number; nothing for an unknown one.
  std::optional<TableName> NameOf(uint32_t table_id) const { return stored_.NameOf(table_id); }
  // Newest versions, ordered by name.
  std::vector<TableVersionPtr> List() const { return stored_.List(); }
  // Counts up with every MarkStored that changed something, so that readers know when to look
  // again.
  uint64_t generation() const { return stored_.generation(); }

 private:
  // In doubt whatever the epoch, which counts from 1.
  static constexpr uint64_t kUnverified = 0;
  struct Entry {
    TableVersionPtr version;  // version 0 while no row was seen
    uint64_t proved_epoch = kUnverified;
    // What statements said since the version was proved.
    std::optional<ColumnMeanings> declared_meanings;
  };

  absl::Status Load(const std::vector<std::pair<std::string, std::string>>& records);
  Entry& EntryOf(const TableName& name);
  std::string FreeRowMessage(const TableName& name) const;
  Knowledge KnowledgeOf(const Entry& entry, const TableDetails* details) const;
  bool IsUnverified(const Entry& entry) const { return entry.proved_epoch < epoch_; }
  void SetDropped(Entry& entry, bool dropped);
  // What rows from `first` on are written under.
  void SetVersion(Entry& entry, std::shared_ptr<TableVersion> version, Sequence first);
  // The record of the table must be written anew.
  void MarkChanged(const Entry& entry) { changed_tables_.insert(entry.version->table_id); }

  std::atomic<Flavour> flavour_;
  ColumnFilter filter_;
  absl::flat_hash_map<TableName, uint32_t> ids_;
  std::unordered_map<uint32_t, Entry> entries_;
  std::unordered_set<std::string> row_messages_;
  uint32_t newest_id_ = 0;
  uint64_t epoch_ = 1;
  bool epoch_changed_ = false;
  bool ambiguous_text_enabled_ = false;
  std::unordered_set<uint32_t> changed_tables_;
  std::vector<TableVersionPtr>
      unstored_versions_;  // versions made since the last TakeUnstored, in order
  StoredTables stored_;    // what readers see
};

}  // namespace millrace::schema

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

// All versions of all tables that have rows in the log. A table is identified by its name: a table
// that is created again under an old name continues the old one. Field numbers are looked up by
// column name and never move, whether the table was altered, dropped or swapped by RENAME TABLE
// (gh-ost). The DDL parser contributes only column renames. Rows are encoded as they arrive, and
// the newest version is enough to read all of them: its `dropped_columns` hold the fields of
// earlier versions. Earlier versions show which columns a row had.
//
// Only the ingest thread calls the writing methods. MarkStored and the reading methods are
// thread-safe. Readers see a version once it is stored.
class Registry {
  struct Key {};  // restricts the constructor to Open and FromRecords

 public:
  // Loads the registry from `log`. kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
  static absl::StatusOr<std::unique_ptr<Registry>> Open(const log::Log& log, Flavour flavour);
  // Loads the registry from the keys and values of its records; without records it is empty.
  static absl::StatusOr<std::unique_ptr<Registry>> FromRecords(
      const std::vector<std::pair<std::string, std::string>>& records, Flavour flavour);
  Registry(Key, Flavour flavour);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  // Writing thread.

  // Columns for which `filter` is false are not captured: the row message has no field for them. A
  // column that was captured before keeps its number, like a dropped column, for when it is
  // captured again. Call before the first Resolve.
  void SetColumnFilter(ColumnFilter filter) { filter_ = std::move(filter); }
  // Sets whether the TABLE_MAPs come from MySQL or MariaDB. Call before the first Resolve.
  void SetFlavour(Flavour flavour) { flavour_.store(flavour, std::memory_order_relaxed); }
  // The flavour set last, initially that of Open. Thread-safe.
  Flavour flavour() const { return flavour_.load(std::memory_order_relaxed); }

  // Returns the version that `map` describes: the newest version if the definition is unchanged,
  // otherwise a new version for rows from `first` on. `details` supplies what the map lacks: names,
  // labels and charsets under binlog_row_metadata=MINIMAL, UUID and INET columns, COLUMN_TYPE.
  // kFailedPrecondition SCHEMA_UNPROVEN: both lack a name or charset, or `details` does not match
  // the event (count, type, length); the error names the table, the difference and the statement
  // that fixes it. kUnimplemented COLUMN_TYPE_UNKNOWN: values of a captured column cannot be read.
  //
  // SCHEMA_UNPROVEN is also returned if neither statements, `details` nor an earlier version show
  // what a MariaDB column means (a UUID or a BINARY(16)). So pass null `details` only if the source
  // no longer has the table; retry a failed query instead.
  absl::StatusOr<TableVersionPtr> Resolve(const binlog::TableMap& map, const TableDetails* details,
                                          Sequence first = {});
  // True if Resolve of `map` needs details, because the table had none so far, or none since
  // MarkUnverified.
  bool NeedsDetails(const binlog::TableMap& map) const;

  // Call for each statement that may have changed a table; MarkAllUnverified: any table. Earlier
  // details no longer count: a TABLE_MAP that looks unchanged may lack the names that changed, or
  // have a UUID where a BINARY(16) was. Stored with the next records.
  void MarkUnverified(const TableName& table);
  void MarkAllUnverified();
  // The column meanings of the table at this position in the binlog that no TABLE_MAP of MariaDB
  // shows. They come from statements, or from the newest version unless a later statement may have
  // changed the table. nullopt: unknown.
  std::optional<ColumnMeanings> KnownMeanings(const TableName& table) const;
  // Sets the column meanings that the current statement declares; nullopt if it does not show them.
  // They hold until the table's next Resolve, or MarkAllUnverified. Stored with the next records.
  void SetDeclaredMeanings(const TableName& table, std::optional<ColumnMeanings> meanings);
  // ALTER TABLE … RENAME COLUMN from TO to: the renamed columns keep their numbers, in rows from
  // `first` on. The pairs take effect together, so names may be swapped. Pairs that do not match
  // the newest version are ignored.
  void RenameColumns(const TableName& table,
                     const std::vector<std::pair<std::string, std::string>>& renames,
                     Sequence first = {});
  // Call when a statement dropped the table or renamed it away, or (`dropped` false) created it.
  // Ignores unknown names. Resolve also marks the table as existing. Stored with the next records.
  void SetDropped(const TableName& table, bool dropped);
  // Records that changes have Change.ambiguous_text from now on. False if this was already
  // recorded. True: no change in the log so far has the field. Stored with the next records.
  bool EnableAmbiguousText();
  // The number of the table name; a new name gets the next one. Changes without a row (TRUNCATE,
  // DDL) need the number too.
  uint32_t TableIdOf(const TableName& table) { return EntryOf(table).version->table_id; }

  // True if the table has a version, stored or not, so that rows of it may have been written.
  bool HasVersion(const TableName& table) const;
  // True if TakeUnstored would return records.
  bool HasUnstored() const {
    return !unstored_versions_.empty() || !changed_tables_.empty() || epoch_changed_;
  }

  // All names that have a number.
  std::vector<TableName> Names() const;

  // Returns records of all changes since the last call. Write them in the same batch as the frames
  // that use them.
  std::vector<log::Record> TakeUnstored();
  // Call once for each TakeUnstored that returned records, in order, when they are on disk. Readers
  // see them from then on.
  void MarkStored() { stored_.Publish(); }

  // Readers.

  // The newest stored version; null if there is none.
  TableVersionPtr Find(uint32_t table_id) const { return stored_.Find(table_id); }
  TableVersionPtr Find(const TableName& name) const { return stored_.Find(name); }
  // The version that rows of this sequence were written under. Rows older than the oldest stored
  // version get that version. Null if there is none.
  TableVersionPtr FindAt(uint32_t table_id, Sequence sequence) const {
    return stored_.FindAt(table_id, sequence);
  }
  // FindAt, with the sequences of all rows of that version; `version` is null if there is none.
  VersionSpan SpanAt(uint32_t table_id, Sequence sequence) const {
    return stored_.SpanAt(table_id, sequence);
  }
  // The version after this one; null if it is the newest.
  TableVersionPtr FindNext(const TableVersion& version) const { return stored_.FindNext(version); }
  TableVersionPtr FindRowMessage(std::string_view full_name) const {
    return stored_.FindRowMessage(full_name);
  }
  // The name with this number; nullopt for an unknown number.
  std::optional<TableName> NameOf(uint32_t table_id) const { return stored_.NameOf(table_id); }
  // The newest versions, ordered by name.
  std::vector<TableVersionPtr> List() const { return stored_.List(); }
  // Grows with every MarkStored that changed something, so that readers know when to look again.
  uint64_t generation() const { return stored_.generation(); }

 private:
  // Epochs count from 1.
  static constexpr uint64_t kUnverified = 0;
  struct Entry {
    TableVersionPtr version;              // version 0 while no row was seen
    uint64_t proved_epoch = kUnverified;  // value of epoch_ when `version` was verified
    // Declared by statements since the version was verified.
    std::optional<ColumnMeanings> declared_meanings;
  };

  absl::Status Load(const std::vector<std::pair<std::string, std::string>>& records);
  Entry& EntryOf(const TableName& name);
  std::string FreeRowMessage(const TableName& name) const;
  Knowledge KnowledgeOf(const Entry& entry, const TableDetails* details) const;
  bool IsUnverified(const Entry& entry) const { return entry.proved_epoch < epoch_; }
  void SetDropped(Entry& entry, bool dropped);
  // Makes `version` the one for rows from `first` on.
  void SetVersion(Entry& entry, std::shared_ptr<TableVersion> version, Sequence first);
  // Schedules the table's record to be written again.
  void MarkChanged(const Entry& entry) { changed_tables_.insert(entry.version->table_id); }

  std::atomic<Flavour> flavour_;
  ColumnFilter filter_;
  absl::flat_hash_map<TableName, uint32_t> ids_;
  std::unordered_map<uint32_t, Entry> entries_;
  std::unordered_set<std::string> row_messages_;
  uint32_t newest_id_ = 0;
  uint64_t epoch_ = 1;          // grows with each MarkAllUnverified
  bool epoch_changed_ = false;  // the EpochRecord must be written again
  bool ambiguous_text_enabled_ = false;
  std::unordered_set<uint32_t> changed_tables_;
  // Versions made since the last TakeUnstored, in order.
  std::vector<TableVersionPtr> unstored_versions_;
  StoredTables stored_;  // what readers see
};

}  // namespace millrace::schema

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "coverage/table_coverage.h"
#include "log/log.h"
#include "model/capture_rules.h"
#include "model/sequence.h"
#include "model/table_name.h"
#include "schema/registry.h"
#include "schema/statement.h"

namespace millrace::coverage {

// The coverage of each table: the sequence from which the log contains all its rows. Every room
// that sees an event which invalidates coverage reports it here. Only the ingest thread calls the
// writing methods. Readers see new coverage after MarkStored for the batch that stores it.
class Coverage {
 public:
  // kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
  static absl::StatusOr<std::unique_ptr<Coverage>> Open(const log::Log& log);

  // Writing thread.

  // Sets the rules for capturing. Tables that are no longer captured, or whose captured columns
  // have changed, must be read again. Readers see this immediately. Call it before the first event.
  void StartCapture(const CaptureRules& rules, const schema::Registry& registry)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Reports that an earlier version of this server wrote changes from which the rows of the table
  // cannot be rebuilt. Readers see this immediately. Call it before the first event.
  void OnUnusableChanges(const TableName& table, std::string_view why) ABSL_LOCKS_EXCLUDED(mutex_);

  // Reports a statement whose first change has sequence `at`; `truncates` as in EffectsOf. Returns
  // the captured tables that now contain rows which the log never saw.
  std::vector<TableName> OnStatement(const schema::Statement& statement, bool truncates,
                                     Sequence at);
  // Reports that rows of this definition follow. Returns true if the definition changed and no
  // statement in the binlog explains it: the table must be read again.
  bool OnRows(const schema::TableVersion& version);
  // Reports a row image that lacks columns.
  void OnPartialRow(const TableName& table) { Invalidate(table, kPartialRows); }

  // Reports that a reading of all rows of the table starts, at change `begin`.
  void BeginReading(const TableName& table, Sequence begin);
  // Reports that this reading is complete. Does nothing for a table without coverage.
  void EndReading(const TableName& table, Sequence begin);
  // Whether a reading that started at `begin` must restart, see coverage::ReadingMustRestart.
  bool ReadingMustRestart(const TableName& table, Sequence begin) const;

  // The newest coverage of a table, even if readers cannot see it yet.
  std::optional<TableCoverage> Newest(const TableName& table) const;
  // The same for all tables.
  const std::map<TableName, TableCoverage>& newest() const { return newest_; }
  void Set(const TableName& table, TableCoverage coverage);

  // Returns the records that changed since the last call. Write them in the same batch as the
  // frames that caused them.
  std::vector<log::Record> TakeUnstored();
  // Reports that the records of the oldest pending TakeUnstored are on disk. A call of TakeUnstored
  // that returned no records is not pending.
  void MarkStored();

  // Readers; thread-safe.
  std::optional<TableCoverage> Find(const TableName& table) const ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<std::pair<TableName, TableCoverage>> List() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Tables = std::map<TableName, TableCoverage>;
  Coverage() = default;
  absl::Status Load(const log::Log& log) ABSL_LOCKS_EXCLUDED(mutex_);
  // Does nothing for a table without coverage. Keeps the first reason.
  void Invalidate(const TableName& table, std::string_view why);
  void InvalidateAll(std::string_view why);
  void EmptyDatabase(std::string_view database, Sequence at);
  // Whether the captured columns of the table differ from those under `before`. Without `before`,
  // compares with the columns that the definition marks as captured.
  bool CapturedColumnsChanged(const schema::TableVersion& version,
                              const std::optional<CaptureRules>& before) const;

  // Used by the writing thread only.
  CaptureRules rules_;
  Tables newest_;
  Tables unstored_;  // changed since the last TakeUnstored
  // The patterns of excluded columns under which the log's rows were captured. Absent: unknown.
  std::optional<std::vector<std::string>> excluded_columns_;
  bool excluded_columns_unstored_ = false;
  std::set<TableName> without_shape_;  // stored by a version without row shapes

  mutable absl::Mutex mutex_;
  std::vector<Tables> taken_ ABSL_GUARDED_BY(mutex_);  // being written to disk, oldest first
  Tables stored_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::coverage

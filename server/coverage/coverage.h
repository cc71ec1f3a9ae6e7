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

// Coverage of each table: the sequence from which the log holds all its rows. Every room that sees
// an event that ends it reports the event here. The writing methods belong to the ingest thread;
// readers see a change once MarkStored has been called for the batch that it went to disk with.
class Coverage {
 public:
  // kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
  static absl::StatusOr<std::unique_ptr<Coverage>> Open(const log::Log& log);

  // Writing thread.

  // What is captured from now on. Tables that were covered and are not captured any more, and those
  // of which other columns are captured, have to be read again; readers see it at once. Before the
  // first event.
  void StartCapture(const CaptureRules& rules, const schema::Registry& registry)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // An earlier version of this server wrote changes of the table that do not give its rows; readers
  // see it at once. Before the first event.
  void OnUnusableChanges(const TableName& table, std::string_view why) ABSL_LOCKS_EXCLUDED(mutex_);

  // A statement whose first change has sequence `at`; `truncates` as in EffectsOf. Returns captured
  // tables with rows that the log never saw.
  std::vector<TableName> OnStatement(const schema::Statement& statement, bool truncates,
                                     Sequence at);
  // Rows of this definition follow. True: it is another than that of the rows before, and no
  // statement said so, so that the table has to be read again.
  bool OnRows(const schema::TableVersion& version);
  // A row lacks columns.
  void OnPartialRow(const TableName& table) { Invalidate(table, kPartialRows); }

  // All rows of the table are read, beginning with change `begin`.
  void BeginReading(const TableName& table, Sequence begin);
  // They are read. Does nothing for a table without coverage.
  void EndReading(const TableName& table, Sequence begin);
  // ReadingMustRestart of the table.
  bool ReadingMustRestart(const TableName& table, Sequence begin) const;

  // What was last set, whether or not readers see it yet.
  std::optional<TableCoverage> Newest(const TableName& table) const;
  // The same of all tables.
  const std::map<TableName, TableCoverage>& newest() const { return newest_; }
  void Set(const TableName& table, TableCoverage coverage);

  // Records of what changed since the last call, to go into the same batch as the frames that cause
  // it.
  std::vector<log::Record> TakeUnstored();
  // The records of the oldest TakeUnstored that returned any, and was not answered yet, are on
  // disk.
  void MarkStored();

  // Readers; thread-safe.
  std::optional<TableCoverage> Find(const TableName& table) const ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<std::pair<TableName, TableCoverage>> List() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Tables = std::map<TableName, TableCoverage>;
  Coverage() = default;
  absl::Status Load(const log::Log& log) ABSL_LOCKS_EXCLUDED(mutex_);
  // Does nothing for a table that is not covered; the first reason counts.
  void Invalidate(const TableName& table, std::string_view why);
  void InvalidateAll(std::string_view why);
  void EmptyDatabase(std::string_view database, Sequence at);
  // Whether a column of the table is captured that was not under `before`, or the other way round.
  // Without `before` the definition says what was.
  bool CapturedColumnsChanged(const schema::TableVersion& version,
                              const std::optional<CaptureRules>& before) const;

  // The writing thread's.
  CaptureRules rules_;
  Tables newest_;
  Tables unstored_;  // since the last TakeUnstored
  // Patterns of excluded columns that the log's rows were captured with; nothing: not known.
  std::optional<std::vector<std::string>> excluded_columns_;
  bool excluded_columns_unstored_ = false;
  std::set<TableName> without_shape_;  // stored by a version that did not know the shape of rows

  mutable absl::Mutex mutex_;
  std::vector<Tables> taken_ ABSL_GUARDED_BY(mutex_);  // on their way to disk, oldest first
  Tables stored_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::coverage

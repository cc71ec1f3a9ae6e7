// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "log/log.h"
#include "model/sequence.h"
#include "model/table_name.h"

namespace millrace::schema {

// A word for `spoiled`: rows were changed whose images lack columns.
inline constexpr std::string_view kPartialRows = "partial row images";

// From where on the log holds all of a table: replaying the changes of the table from `begin` on
// gives its rows, provided that `complete` and not `spoiled`. A table that is read although it is
// whole stays so: from the old `begin` on the log holds it no less, and only when all rows have
// been read anew does `begin` move to where that was begun.
struct TableCoverage {
  Sequence begin;         // first change that counts
  bool complete = false;  // false: the first snapshot, or one after it was spoiled, is being read
  // Why the log's changes do not give the rows any more, in a word for messages (`altered`,
  // `partial row images`); empty if they do.
  std::string spoiled;
  // The changes from `begin` on give the rows, as far as they are retained.
  bool whole() const { return complete && spoiled.empty(); }
  friend bool operator==(const TableCoverage&, const TableCoverage&) = default;
};

// Coverage of a table through the reading of all its rows, begun with change `begin`.
// When it begins: what held goes on to hold until there is something better, which need never be.
TableCoverage WhenReadingBegins(const std::optional<TableCoverage>& now, Sequence begin);
// True if what has been read since is of no use, because of statements that came since.
bool IsReadInVain(const TableCoverage& now, Sequence begin);
// When it is over.
TableCoverage WhenAllIsRead(TableCoverage now, Sequence begin);

// Coverage of all tables. The writing methods belong to the ingest thread; readers see a change of
// it once MarkStored has been called for the batch that it went to disk with.
class Coverage {
 public:
  // kDataLoss LOG_DAMAGED.
  static absl::StatusOr<std::unique_ptr<Coverage>> Open(const log::Log& log);

  // Writing thread.
  // What it last set, whether or not readers see it yet.
  std::optional<TableCoverage> Newest(const TableName& table) const;
  // The same of all tables.
  const std::map<TableName, TableCoverage>& newest() const { return newest_; }
  void Set(const TableName& table, TableCoverage coverage);
  // Does nothing for a table that is not covered.
  void Spoil(const TableName& table, std::string_view why);
  void SpoilAll(std::string_view why);
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

  Tables newest_;                                // the writing thread's
  std::map<TableName, TableCoverage> unstored_;  // since the last TakeUnstored
  mutable absl::Mutex mutex_;
  std::vector<Tables> taken_ ABSL_GUARDED_BY(mutex_);  // on their way to disk, oldest first
  Tables stored_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::schema

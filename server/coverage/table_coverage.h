// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/sequence.h"
#include "schema/table_version.h"

namespace millrace::coverage {

// Why the log stopped holding all rows of a table. Stored; shown in messages.
inline constexpr std::string_view kAlteredByStatement = "altered";
inline constexpr std::string_view kRenamed = "renamed";
inline constexpr std::string_view kNotUnderstood = "a statement that could not be read";
// Rows have another definition than those before them, and no statement said so.
inline constexpr std::string_view kRedefined = "redefined without a statement in the binlog";
// Rows were changed whose images lack columns.
inline constexpr std::string_view kPartialRows = "partial row images";
inline constexpr std::string_view kNotCaptured = "not captured";
inline constexpr std::string_view kOtherColumns = "other columns are captured";
// An earlier version wrote changes that do not tell rows apart as the source does, or that have the
// past rows of a system-versioned table.
inline constexpr std::string_view kAmbiguousKeys = "keys of ambiguous text";
inline constexpr std::string_view kPastRows = "versions of rows";
// Or that have a column which is left out since, so that whole rows are not alike.
inline constexpr std::string_view kHiddenColumns = "columns that the source hides";

// From which change on the log holds all rows of a table: replaying its changes from `begin` on
// gives its rows, provided that it is valid(). A table that is read although it is valid stays so:
// from the old `begin` on the log holds it no less, and only when all rows have been read again
// does `begin` move to where that reading began.
struct TableCoverage {
  Sequence begin;         // first change that counts
  bool complete = false;  // false: its rows are being read, or have to be
  // Why the changes do not give the rows any more, one of the above; empty if they do.
  std::string invalid_reason;
  // RowShape of the rows from `begin` on; 0 if there are none yet.
  uint64_t row_shape = 0;

  // The changes from `begin` on give the rows, as far as they are retained.
  bool valid() const { return complete && invalid_reason.empty(); }
  // The same, and all of them are retained: the log begins at `oldest`.
  bool HoldsAllRows(Sequence oldest) const { return valid() && begin >= oldest; }
  friend bool operator==(const TableCoverage&, const TableCoverage&) = default;
};

// Digest of all in a definition that the values of rows depend on: names, numbers and types of the
// captured columns; not keys, nor what is there for people. Stored, so its form is for ever. Never
// 0.
uint64_t RowShape(const schema::TableVersion& version);

// What a statement does to the rows of a table.
enum class TableEffect {
  kEmptied,     // there are no rows, or no table, after it
  kUnseenRows,  // rows are there after it that the log never saw under this name
  kAltered,     // rows may have changed without a row event
};

// Coverage after a statement whose first change has sequence `at`.
std::optional<TableCoverage> AfterStatement(TableEffect effect,
                                            const std::optional<TableCoverage>& before,
                                            Sequence at);

// Coverage while all rows are read, beginning with change `begin`: what is valid stays so until
// there is something better.
TableCoverage AfterReadingBegins(const std::optional<TableCoverage>& before, Sequence begin);
// Coverage after the last of them was read.
TableCoverage AfterReadingEnds(TableCoverage before, Sequence begin);
// True if the rows read so far are of no use, because of what came since the reading began.
bool ReadingMustRestart(const TableCoverage& now, Sequence begin);

}  // namespace millrace::coverage

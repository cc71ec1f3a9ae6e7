// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/sequence.h"
#include "schema/table_version.h"

namespace millrace::coverage {

// Why the log no longer contains all rows of a table. Stored on disk and shown in messages.
inline constexpr std::string_view kAlteredByStatement = "altered";
inline constexpr std::string_view kRenamed = "renamed";
inline constexpr std::string_view kNotUnderstood = "a statement that could not be read";
// The definition of the rows changed without a statement in the binlog.
inline constexpr std::string_view kRedefined = "redefined without a statement in the binlog";
// A row image lacks columns.
inline constexpr std::string_view kPartialRows = "partial row images";
inline constexpr std::string_view kNotCaptured = "not captured";
inline constexpr std::string_view kOtherColumns = "other columns are captured";
// An earlier version wrote changes that do not distinguish rows as the source does
// (kAmbiguousKeys), or that include the past rows of a system-versioned table (kPastRows).
inline constexpr std::string_view kAmbiguousKeys = "keys of ambiguous text";
inline constexpr std::string_view kPastRows = "versions of rows";
// An earlier version wrote a column that newer versions omit, so that whole rows differ.
inline constexpr std::string_view kHiddenColumns = "columns that the source hides";

// The change from which the log contains all rows of a table. If valid(), replaying its changes
// from `begin` produces its rows. A valid table stays valid while it is read again: the log still
// contains it from the old `begin`. `begin` moves to the start of the new reading only after that
// reading has finished.
struct TableCoverage {
  Sequence begin;         // first change to replay
  bool complete = false;  // false: its rows are being read, or must be
  // Why replaying no longer produces the rows: one of the above. Empty: no reason.
  std::string invalid_reason;
  // RowShape of the rows since `begin`; 0: no rows yet.
  uint64_t row_shape = 0;

  // Replaying from `begin` produces the rows, if the log still retains these changes.
  bool valid() const { return complete && invalid_reason.empty(); }
  // The same, for a log whose oldest change is `oldest`: it must still retain all changes from
  // `begin`.
  bool HoldsAllRows(Sequence oldest) const { return valid() && begin >= oldest; }
  friend bool operator==(const TableCoverage&, const TableCoverage&) = default;
};

// A digest of the parts of a definition that affect row values: names, field numbers and types of
// the captured columns. Excludes keys and descriptive parts. Stored on disk, so its input must
// never change. Never 0.
uint64_t RowShape(const schema::TableVersion& version);

// The effect of a statement on the rows of a table.
enum class TableEffect {
  kEmptied,     // afterwards the table is empty or dropped
  kUnseenRows,  // afterwards it has rows that the log never saw under this name
  kAltered,     // rows may have changed without a row event
};

// Coverage after a statement whose first change has sequence `at`.
std::optional<TableCoverage> AfterStatement(TableEffect effect,
                                            const std::optional<TableCoverage>& before,
                                            Sequence at);

// Coverage while all rows are read, starting at change `begin`. Valid coverage stays valid until
// the reading ends.
TableCoverage AfterReadingBegins(const std::optional<TableCoverage>& before, Sequence begin);
// Coverage after the last row was read.
TableCoverage AfterReadingEnds(TableCoverage before, Sequence begin);
// True if an event since the reading began makes the rows read so far useless.
bool ReadingMustRestart(const TableCoverage& now, Sequence begin);

}  // namespace millrace::coverage

// SPDX-License-Identifier: Apache-2.0

#include "base/bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "transcode/row_plan_state.h"

// Rows of system-versioned tables of MariaDB. The binlog shows how the server implements versions:
// after the UPDATE of a row it inserts the old row as a past version, and a DELETE is an UPDATE
// that sets the row's ROW END.
namespace millrace::transcode {
namespace {

// True for the ROW END of current rows: the greatest TIMESTAMP(6), which is later since MariaDB
// 11.5, or the greatest transaction number.
bool IsCurrentRowEnd(const schema::Column& column, std::string_view value) {
  if (column.type == ColumnType::kLongLong) return LoadLittle64(value.data()) == UINT64_MAX;
  const uint64_t seconds = LoadBig(value.data(), 4);
  const uint64_t microseconds = LoadBig(value.data() + 4, 3);
  return (seconds == INT32_MAX || seconds == UINT32_MAX) && microseconds == 999'999;
}

}  // namespace

// Takes an image off `rows` without encoding it.
absl::Status RowPlan::State::TakeVersion(std::string_view present, std::string_view& rows,
                                         VersionImage& image) {
  const char* at = rows.data();
  const char* const end = at + rows.size();
  const size_t null_bytes = BytesOfBits(CountBits(present, ops_.size()));
  failure_ = {.column = ops_.size(), .at = at, .problem = kTruncated};
  if (rows.size() < null_bytes) return WalkError(rows.data());
  const std::string_view nulls = rows.substr(0, null_bytes);
  at += null_bytes;
  image.time = RowTime::kUnknown;
  size_t null_index = 0;
  for (const ColumnOp& op : ops_) {
    if (!HasBit(present, op.column) || HasBit(nulls, null_index++)) continue;
    std::string_view value;
    if (!TakeValue(op, at, end, value)) return WalkError(rows.data());
    if (op.column != row_end_) continue;
    const bool current = IsCurrentRowEnd(table_->columns[row_end_], value);
    image.time = current ? RowTime::kCurrent : RowTime::kPast;
  }
  image.bytes = rows.substr(0, static_cast<size_t>(at - rows.data()));
  rows.remove_prefix(image.bytes.size());
  return absl::OkStatus();
}

absl::Status RowPlan::State::RowTimeUnknown() const {
  const std::string table = table_->name.ToString();
  return MakeError(reason::kRowUndecodable,
                   fmt::format("a row of the system-versioned table {} lacks the column that shows "
                               "whether it is current; set binlog_row_image=FULL on the source",
                               table),
                   {{"table", table}});
}

absl::StatusOr<bool> RowPlan::State::TakeCurrent(const binlog::Rows& event, std::string_view& rows,
                                                 binlog::Rows& current) {
  const bool is_update = event.kind == binlog::RowsKind::kUpdate;
  std::string_view rest = rows;
  VersionImage before;
  VersionImage after;
  if (event.present.size() != BytesOfBits(ops_.size()) ||
      (is_update && event.present_after.size() != event.present.size())) {
    return RowTimeUnknown();
  }
  MILLRACE_RETURN_IF_ERROR(TakeVersion(event.present, rest, before));
  if (is_update) MILLRACE_RETURN_IF_ERROR(TakeVersion(event.present_after, rest, after));
  if (is_update && after.time == RowTime::kUnknown) after.time = before.time;
  if (before.time == RowTime::kUnknown || rest.size() == rows.size()) return RowTimeUnknown();
  const std::string_view taken = rows.substr(0, rows.size() - rest.size());
  rows = rest;
  current = event;
  current.rows = taken;
  const bool was_current = before.time == RowTime::kCurrent;
  if (!is_update) return was_current;
  const bool is_current = after.time == RowTime::kCurrent;
  if (was_current == is_current) return is_current;
  current.kind = is_current ? binlog::RowsKind::kWrite : binlog::RowsKind::kDelete;
  current.present = is_current ? event.present_after : event.present;
  current.present_after = {};
  current.rows = is_current ? after.bytes : before.bytes;
  return true;
}

}  // namespace millrace::transcode

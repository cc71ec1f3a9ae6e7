// SPDX-License-Identifier: Apache-2.0

#include "change_line.h"

#include <algorithm>

#include "fmt/format.h"
#include "human.h"

namespace millrace::command {
namespace {

using client::ColumnText;
using client::ValueState;

// Wide enough for nearly all names, with room for values.
constexpr size_t kTableWidthMax = 40;
// Limits the line of a typical row to a few screen lines.
constexpr size_t kValueWidthMax = 64;

struct Verb {
  const char* name;
  Tone tone;
};

// All names have the same width, to align the tables.
Verb VerbOf(v1::Operation operation) {
  switch (operation) {
    case v1::OPERATION_INSERT:
      return {"insert  ", Tone::kGreen};
    case v1::OPERATION_UPDATE:
      return {"update  ", Tone::kYellow};
    case v1::OPERATION_DELETE:
      return {"delete  ", Tone::kRed};
    case v1::OPERATION_READ:
      return {"read    ", Tone::kCyan};
    case v1::OPERATION_TRUNCATE:
      return {"truncate", Tone::kMagenta};
    case v1::OPERATION_SCHEMA_CHANGE:
      return {"schema  ", Tone::kBlue};
    default:
      return {"unknown ", Tone::kMagenta};
  }
}

// True for text that contains a separator, or that would read as NULL or as unknown.
bool NeedsQuotes(const std::string& text) {
  if (text.empty() || text == "NULL" || text == "?") return true;
  return text.find_first_of(" '\"=\\\n\r\t") != std::string::npos ||
         text.find("→") != std::string::npos;
}

std::string Quoted(const std::string& text) {
  std::string result = "'";
  for (const char character : text) {
    if (character == '\'' || character == '\\') result += '\\';
    result += character;
  }
  return result + "'";
}

bool IsKey(const ColumnText& column) { return column.key_ordinal != 0; }

// Sorts key columns to the front, in key order; the others stay in table order.
std::vector<ColumnText> KeyFirst(std::vector<ColumnText> row) {
  std::stable_sort(row.begin(), row.end(), [](const ColumnText& left, const ColumnText& right) {
    if (IsKey(left) != IsKey(right)) return IsKey(left);
    return left.key_ordinal < right.key_ordinal;
  });
  return row;
}

const ColumnText* FindField(const std::vector<ColumnText>& row, uint32_t field_number) {
  const auto found = std::find_if(row.begin(), row.end(), [&](const ColumnText& column) {
    return column.field_number == field_number;
  });
  return found == row.end() ? nullptr : &*found;
}

bool Equal(const ColumnText& before, const ColumnText& after) {
  return before.state == after.state && before.text == after.text;
}

}  // namespace

std::string ChangeLine::Header(const v1::Transaction& transaction, absl::Time now) const {
  std::string text = client::TimeText(transaction.commit_time());
  if (!transaction.gtid().empty()) text += "  " + Printable(transaction.gtid());
  text += "  lag " + DurationText(now - ToTime(transaction.commit_time()));
  return paint_(Tone::kDim, text) + "\n";
}

std::string ChangeLine::Line(const v1::Change& change, const Rows& rows) {
  const Verb verb = VerbOf(change.operation());
  const std::string table = Printable(
      change.table().empty() ? change.database() : change.database() + "." + change.table());
  table_width_ = std::max(table_width_, std::min(DisplayWidth(table), kTableWidthMax));
  const size_t width = DisplayWidth(table);
  const std::string padding(table_width_ > width ? table_width_ - width : 0, ' ');
  std::string values;
  if (change.has_schema_change()) {
    values = SchemaText(change.schema_change());
  } else if (!rows.before.empty() && !rows.after.empty()) {
    values = UpdateValues(rows);
  } else {
    values = Values(rows.after.empty() ? rows.before : rows.after);
  }
  std::string line = fmt::format("  {}  {}{}{}", paint_(verb.tone, verb.name),
                                 paint_(Tone::kBold, table), padding, values);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string ChangeLine::Values(const std::vector<ColumnText>& row) const {
  std::string text;
  for (const ColumnText& column : KeyFirst(row)) {
    if (column.state == ValueState::kUnknown) continue;
    text += "  " + Named(column, Value(column, Tone::kPlain));
  }
  return text;
}

std::string ChangeLine::UpdateValues(const Rows& rows) const {
  const bool keyless = std::none_of(rows.after.begin(), rows.after.end(), IsKey);
  std::string text;
  for (const ColumnText& after : KeyFirst(rows.after)) {
    const ColumnText* before = FindField(rows.before, after.field_number);
    if (after.state == ValueState::kUnknown) {
      // With minimal row images, an unchanged key is only in the row before.
      const bool shown =
          before != nullptr && before->state != ValueState::kUnknown && (IsKey(after) || keyless);
      if (shown) text += "  " + Named(*before, Value(*before, Tone::kPlain));
    } else if (before != nullptr && Equal(*before, after)) {
      if (IsKey(after) || keyless) text += "  " + Named(after, Value(after, Tone::kPlain));
    } else {
      const std::string old =
          before != nullptr ? Value(*before, Tone::kRed) : paint_(Tone::kDim, "NULL");
      text += "  " + Named(after, old + paint_(Tone::kDim, "→") + Value(after, Tone::kGreen));
    }
  }
  // Columns that were dropped later are missing from `after` if they were NULL.
  for (const ColumnText& before : rows.before) {
    if (before.state == ValueState::kUnknown || FindField(rows.after, before.field_number))
      continue;
    text += "  " + Named(before, Value(before, Tone::kRed) + paint_(Tone::kDim, "→NULL"));
  }
  return text;
}

std::string ChangeLine::SchemaText(const v1::SchemaChange& change) const {
  if (change.statement().empty()) return "";
  const std::string text = Printable(change.statement());
  return "  " + (options_.full ? text : Shorten(text, 4 * kValueWidthMax));
}

std::string ChangeLine::Named(const ColumnText& column, const std::string& value) const {
  const bool plain = column.column.find_first_of(" =`") == std::string::npos;
  const std::string name = plain ? column.column : "`" + column.column + "`";
  return paint_(Tone::kDim, Printable(name) + "=") + value;
}

std::string ChangeLine::Value(const ColumnText& column, Tone tone) const {
  if (column.state == ValueState::kNull) return paint_(Tone::kDim, "NULL");
  if (column.state == ValueState::kUnknown) return paint_(Tone::kDim, "?");
  const std::string cut = options_.full ? column.text : Shorten(column.text, kValueWidthMax);
  const bool quoted = column.state == ValueState::kValue && NeedsQuotes(cut);
  return paint_(tone, Printable(quoted ? Quoted(cut) : cut));
}

}  // namespace millrace::command

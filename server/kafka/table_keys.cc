// SPDX-License-Identifier: Apache-2.0

#include "kafka/table_keys.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "kafka/trimmed.h"
#include "schema/definition.h"

namespace millrace::kafka {
namespace {

constexpr size_t kNotFound = static_cast<size_t>(-1);

absl::Status Malformed(const std::string& text, std::string_view what) {
  return absl::InvalidArgumentError(
      fmt::format("'kafka.keys': '{}' {}; write 'database.table-pattern: column, column', such as "
                  "'shop.orders_*: customer, number'",
                  text, what));
}

// Returns the index of the first `wanted` outside of backquotes.
size_t FindUnquoted(std::string_view text, char wanted) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '`') quoted = !quoted;
    if (text[i] == wanted && !quoted) return i;
  }
  return std::string_view::npos;
}

// Returns a column's name without its backquotes, if any; empty if it is malformed.
std::string ColumnName(std::string_view text) {
  text = Trimmed(text);
  if (text.empty() || text.front() != '`') {
    return text.find('`') == std::string_view::npos ? std::string(text) : std::string();
  }
  if (text.size() < 3 || text.back() != '`') return {};
  std::string name;
  text = text.substr(1, text.size() - 2);
  for (size_t i = 0; i < text.size(); ++i) {
    name.push_back(text[i]);
    if (text[i] == '`' && (++i == text.size() || text[i] != '`')) return {};
  }
  return name;
}

size_t FindColumn(const schema::TableVersion& version, std::string_view name) {
  for (size_t i = 0; i < version.columns.size(); ++i) {
    const schema::Column& column = version.columns[i];
    if (column.captured && schema::SameColumnName(column.name, name)) return i;
  }
  return kNotFound;
}

std::vector<size_t> PrimaryKeyOf(const schema::TableVersion& version) {
  std::vector<size_t> columns;
  for (size_t i = 0; i < version.columns.size(); ++i) {
    if (version.columns[i].key_ordinal == 0) continue;
    if (!version.columns[i].captured) return {};
    columns.push_back(i);
  }
  std::sort(columns.begin(), columns.end(), [&](size_t left, size_t right) {
    return version.columns[left].key_ordinal < version.columns[right].key_ordinal;
  });
  return columns;
}

}  // namespace

absl::StatusOr<TableKeys::Entry> TableKeys::ParseEntry(const std::string& text) {
  const size_t colon = FindUnquoted(text, ':');
  if (colon == std::string::npos) return Malformed(text, "has no ':'");
  const std::string_view whole = text;
  auto names = NameGlob::ParseAll(Trimmed(whole.substr(0, colon)), "database.table");
  if (!names.ok()) return WithContext(names.status(), "'kafka.keys'");
  Entry entry{.text = text,
              .database = std::move((*names)[0]),
              .table = std::move((*names)[1]),
              .columns = {}};
  std::string_view rest = whole.substr(colon + 1);
  while (true) {
    const size_t comma = FindUnquoted(rest, ',');
    entry.columns.push_back(ColumnName(rest.substr(0, comma)));
    const std::string& name = entry.columns.back();
    if (name.empty()) return Malformed(text, "lacks a column name or has a malformed one");
    const auto is_same = [&](const std::string& other) {
      return schema::SameColumnName(other, name);
    };
    if (std::any_of(entry.columns.begin(), entry.columns.end() - 1, is_same)) {
      return Malformed(text, fmt::format("names column {} twice", name));
    }
    if (comma == std::string_view::npos) return entry;
    rest.remove_prefix(comma + 1);
  }
}

absl::StatusOr<TableKeys> TableKeys::Parse(const std::vector<std::string>& keys) {
  TableKeys table_keys;
  for (const std::string& text : keys) {
    MILLRACE_ASSIGN_OR_RETURN(Entry entry, ParseEntry(text));
    table_keys.entries_.push_back(std::move(entry));
  }
  return table_keys;
}

absl::StatusOr<std::vector<size_t>> TableKeys::ColumnsOf(
    const schema::TableVersion& version) const {
  const auto matches = [&](const Entry& entry) {
    return entry.database.Matches(version.name.database) && entry.table.Matches(version.name.table);
  };
  const auto entry = std::find_if(entries_.begin(), entries_.end(), matches);
  if (entry == entries_.end()) return PrimaryKeyOf(version);
  std::vector<size_t> columns;
  for (const std::string& name : entry->columns) {
    const size_t column = FindColumn(version, name);
    if (column == kNotFound) {
      const std::string table = version.name.ToString();
      return MakeError(
          reason::kMirrorUnencodable,
          fmt::format("table {} has no captured column {}, which '{}' of 'kafka.keys' names; "
                      "fix the entry",
                      table, name, entry->text),
          {{"table", table}, {"column", name}});
    }
    columns.push_back(column);
  }
  return columns;
}

}  // namespace millrace::kafka

// SPDX-License-Identifier: Apache-2.0

#include "mysql/table_details.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/table_access.h"
#include "mysql/table_key.h"

namespace millrace {
namespace {

// Works on all supported versions of both servers. EXTRA contains attributes without a column of
// their own. The aliases and CAST hide differences: MySQL 8's information_schema returns names in
// upper case and other types than 5.7's.
constexpr std::string_view kColumnsQuery =
    "SELECT c.COLUMN_NAME AS name, c.COLUMN_TYPE AS column_type, c.DATA_TYPE AS data_type, "
    "c.CHARACTER_SET_NAME AS charset, o.ID AS collation, c.IS_NULLABLE AS nullable, "
    "c.EXTRA AS extra, k.ORDINAL_POSITION AS key_ordinal, "
    "c.CHARACTER_OCTET_LENGTH AS octet_length, c.NUMERIC_PRECISION AS numeric_precision, "
    "c.NUMERIC_SCALE AS numeric_scale, c.DATETIME_PRECISION AS datetime_precision, "
    "c.GENERATION_EXPRESSION AS expression, c.COLLATION_NAME AS collation_name, "
    "c.PRIVILEGES AS privileges "
    "FROM information_schema.COLUMNS c "
    "LEFT JOIN information_schema.COLLATIONS o ON o.COLLATION_NAME = c.COLLATION_NAME "
    "LEFT JOIN information_schema.KEY_COLUMN_USAGE k ON k.CONSTRAINT_NAME = 'PRIMARY' "
    "AND k.TABLE_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME "
    "AND k.COLUMN_NAME = c.COLUMN_NAME "
    "WHERE c.TABLE_SCHEMA = {0} AND c.TABLE_NAME = {1} "
    "ORDER BY c.ORDINAL_POSITION";

// The third column counts the UNIQUE indexes that MariaDB implements by a hidden hash column.
constexpr std::string_view kTableQuery =
    "SELECT CAST(UNIX_TIMESTAMP(t.CREATE_TIME) AS SIGNED), t.TABLE_TYPE, "
    "(SELECT COUNT(DISTINCT s.INDEX_NAME) FROM information_schema.STATISTICS s "
    "WHERE s.TABLE_SCHEMA = {0} AND s.TABLE_NAME = {1} AND s.INDEX_TYPE = 'HASH' "
    "AND t.ENGINE IN ('InnoDB', 'MyISAM', 'Aria')), UPPER(t.ENGINE) = 'MRG_MYISAM' "
    "FROM information_schema.TABLES t "
    "WHERE t.TABLE_SCHEMA = {0} AND t.TABLE_NAME = {1}";

template <typename Number = uint32_t>
Number ParseNumber(const std::string& text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Removes the first label with its quotes from `rest`. Nothing: the closing quote is missing. The
// servers double a quote inside a label and escape a few characters with a backslash.
std::optional<std::string> TakeLabel(std::string_view& rest) {
  std::string label;
  for (size_t at = 1; at < rest.size(); ++at) {
    const bool last = at + 1 == rest.size();
    if (rest[at] == '\'' && (last || rest[at + 1] != '\'')) {
      rest.remove_prefix(at + 1);
      return label;
    }
    const bool escaped = rest[at] == '\\' && !last;
    if (rest[at] == '\'' || escaped) ++at;
    const char c = rest[at];
    if (escaped && (c == 'n' || c == 'r' || c == '0')) {
      label.push_back(c == 'n' ? '\n' : c == 'r' ? '\r' : '\0');
    } else {
      label.push_back(c);
    }
  }
  return std::nullopt;
}

// Parses `'a','b')…`. Returns no labels if it is malformed.
std::vector<std::string> ParseLabelList(std::string_view rest) {
  std::vector<std::string> labels;
  while (!rest.empty() && rest[0] == '\'') {
    std::optional<std::string> label = TakeLabel(rest);
    if (!label.has_value() || rest.empty()) return {};
    labels.push_back(*std::move(label));
    if (rest[0] == ')') return labels;
    if (rest[0] != ',') return {};
    rest.remove_prefix(1);
  }
  return {};
}

// Attributes follow the type. ` unsigned` inside a label is not an attribute.
bool IsUnsigned(std::string_view column_type) {
  const size_t labels = column_type.find('\'');
  return labels == std::string_view::npos &&
         (Contains(column_type, " unsigned") || Contains(column_type, " zerofill"));
}

ColumnDetails ParseColumn(const QueryRows& rows, const QueryRow& row) {
  ColumnDetails column;
  column.name = rows.Text(row, {"name"});
  column.column_type = rows.Text(row, {"column_type"});
  column.data_type = rows.Text(row, {"data_type"});
  column.charset = rows.Text(row, {"charset"});
  column.collation = ParseNumber(rows.Text(row, {"collation"}));
  column.nullable = rows.Text(row, {"nullable"}) == "YES";
  column.is_unsigned = IsUnsigned(column.column_type);
  const std::string extra = rows.Text(row, {"extra"});
  column.invisible = Contains(extra, "INVISIBLE");
  // MySQL's DEFAULT_GENERATED means a default that is an expression. Older MariaDB versions write
  // PERSISTENT for STORED.
  column.virtual_generated = Contains(extra, "VIRTUAL");
  column.generated = column.virtual_generated || Contains(extra, "STORED GENERATED") ||
                     Contains(extra, "PERSISTENT");
  column.key_ordinal = ParseNumber(rows.Text(row, {"key_ordinal"}));
  column.labels = ParseLabels(column.column_type);
  column.character_octet_length = ParseNumber<uint64_t>(rows.Text(row, {"octet_length"}));
  column.numeric_precision = ParseNumber(rows.Text(row, {"numeric_precision"}));
  column.numeric_scale = ParseNumber(rows.Text(row, {"numeric_scale"}));
  column.datetime_precision = ParseNumber(rows.Text(row, {"datetime_precision"}));
  return column;
}

// COLLATIONS lists a MariaDB collation for many charsets only once, without an id.
constexpr std::string_view kCollationQuery =
    "SELECT ID FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY "
    "WHERE FULL_COLLATION_NAME = {}";

absl::Status FillCollation(Connection& connection, std::string_view name, ColumnDetails& column) {
  if (column.collation != 0 || name.empty() || connection.info().flavour != Flavour::kMariadb) {
    return absl::OkStatus();
  }
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows rows,
                            connection.Query(fmt::format(kCollationQuery, QuotedText(name))));
  if (!rows.rows.empty()) column.collation = ParseNumber(rows.Text(rows.rows[0], {"ID"}));
  return absl::OkStatus();
}

// Adds the row version columns that MariaDB creates if a table WITH SYSTEM VERSIONING does not name
// its own. `row_end` belongs to the primary key.
void AddVersionColumns(TableDetails& details) {
  uint32_t key_columns = 0;
  for (const ColumnDetails& column : details.columns) {
    key_columns = std::max(key_columns, column.key_ordinal);
  }
  for (const char* name : {"row_start", "row_end"}) {
    ColumnDetails column;
    column.name = name;
    column.column_type = "timestamp(6)";
    column.data_type = "timestamp";
    column.datetime_precision = 6;
    column.nullable = false;
    column.invisible = column.hidden = column.generated = true;
    column.row_end = column.name == "row_end";
    if (column.row_end && key_columns > 0) column.key_ordinal = key_columns + 1;
    details.columns.push_back(std::move(column));
  }
}

void AddHashColumns(uint32_t count, TableDetails& details) {
  const auto is_taken = [&](const std::string& name) {
    return std::any_of(details.columns.begin(), details.columns.end(),
                       [&](const ColumnDetails& column) { return column.name == name; });
  };
  uint32_t number = 1;
  for (uint32_t i = 0; i < count; ++i) {
    ColumnDetails column;
    while (is_taken(fmt::format("DB_ROW_HASH_{}", number))) ++number;
    column.name = fmt::format("DB_ROW_HASH_{}", number);
    column.column_type = "bigint(20) unsigned";
    column.data_type = "bigint";
    column.is_unsigned = true;
    column.invisible = column.hidden = true;
    details.columns.push_back(std::move(column));
  }
}

bool HasKey(const TableDetails& details) {
  return std::any_of(details.columns.begin(), details.columns.end(),
                     [](const ColumnDetails& column) { return column.key_ordinal != 0; });
}

// If a table has no primary key, both servers use the first unique key of whole NOT NULL columns
// instead. The binlog reports it as the primary key, information_schema does not.
absl::Status PromoteKey(Connection& connection, TableDetails& details) {
  const auto key = FetchTableKey(connection, details.name);
  // The table was dropped after we fetched its columns.
  if (absl::IsNotFound(key.status())) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(key.status());
  if (!key->has_value()) return absl::OkStatus();
  const std::vector<std::string>& names = (*key)->columns;
  for (ColumnDetails& column : details.columns) {
    const auto found = std::find(names.begin(), names.end(), column.name);
    if (found != names.end()) column.key_ordinal = static_cast<uint32_t>(found - names.begin()) + 1;
  }
  return absl::OkStatus();
}

// Removes the first name from `rest` and returns it.
std::string TakeIdentifier(std::string_view& rest) {
  std::string name;
  const bool quoted = !rest.empty() && rest[0] == '`';
  size_t at = quoted ? 1 : 0;
  for (; at < rest.size(); ++at) {
    if (!quoted && std::string_view(".,)").find(rest[at]) != std::string_view::npos) break;
    if (quoted && rest[at] == '`' && (++at == rest.size() || rest[at] != '`')) break;
    name.push_back(rest[at]);
  }
  rest.remove_prefix(std::min(at, rest.size()));
  return name;
}

// The text after the opening bracket of the option UNION. Skips quoted comments.
std::string_view AfterUnion(std::string_view statement) {
  constexpr std::string_view kUnion = " UNION=(";
  // A new line with a bracket ends the columns. Inside strings the servers write line breaks as
  // `\n`.
  const size_t options = statement.rfind("\n)");
  bool quoted = false;
  for (size_t at = options == std::string_view::npos ? 0 : options; at < statement.size(); ++at) {
    if (statement[at] == '\'') quoted = !quoted;
    if (!quoted && statement.substr(at, kUnion.size()) == kUnion) {
      return statement.substr(at + kUnion.size());
    }
  }
  return {};
}

absl::StatusOr<std::vector<TableName>> FetchMerged(Connection& connection, const TableName& name) {
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows rows,
                            connection.Query("SHOW CREATE TABLE " + QuotedName(name)));
  if (rows.rows.empty() || rows.rows[0].size() < 2) return std::vector<TableName>();
  return ParseMerged(rows.rows[0][1].value_or(""), name.database);
}

// information_schema omits a table or column that the account may not see. Returns only errors
// about that, and lost connections.
absl::Status CheckFullyVisible(Connection& connection, const TableName& name) {
  // SHOW CREATE of a view needs another privilege, and an invalid view has no columns.
  MILLRACE_ASSIGN_OR_RETURN(const bool is_view, IsView(connection, name));
  if (is_view) return absl::OkStatus();
  const absl::Status status = CheckDefinitionAccess(connection, name);
  const bool matters = absl::IsPermissionDenied(status) || absl::IsUnavailable(status);
  return matters ? status : absl::OkStatus();
}

// information_schema also shows columns for which the account has only another privilege, such as
// INSERT.
bool MayRead(const QueryRows& rows, const QueryRow& row) {
  return Contains(rows.Text(row, {"privileges"}), "select");
}

}  // namespace

std::vector<std::string> ParseLabels(std::string_view column_type) {
  for (const std::string_view kind : {"enum(", "set("}) {
    if (column_type.substr(0, kind.size()) == kind) {
      return ParseLabelList(column_type.substr(kind.size()));
    }
  }
  return {};
}

std::vector<TableName> ParseMerged(std::string_view statement, std::string_view database) {
  std::vector<TableName> tables;
  std::string_view rest = AfterUnion(statement);
  TableName table{std::string(database), {}};
  while (!rest.empty() && rest[0] != ')') {
    table.table = TakeIdentifier(rest);
    const char next = rest.empty() ? ')' : rest[0];
    if (!rest.empty() && next != ')') rest.remove_prefix(1);
    if (next == '.') {
      table.database = std::move(table.table);
      continue;
    }
    tables.push_back(table);
    table.database = database;
  }
  return tables;
}

absl::StatusOr<std::optional<TableDetails>> FetchTableDetails(Connection& connection,
                                                              const TableName& name) {
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows rows,
                            connection.Query(fmt::format(kColumnsQuery, QuotedText(name.database),
                                                         QuotedText(name.table))));
  if (rows.rows.empty()) {
    MILLRACE_RETURN_IF_ERROR(CheckFullyVisible(connection, name));
    return std::nullopt;
  }
  TableDetails details;
  details.name = name;
  bool names_versions = false;
  for (const QueryRow& row : rows.rows) {
    if (!MayRead(rows, row)) return TableAccessDenied(connection, name);
    ColumnDetails& column = details.columns.emplace_back(ParseColumn(rows, row));
    MILLRACE_RETURN_IF_ERROR(FillCollation(connection, rows.Text(row, {"collation_name"}), column));
    const std::string expression = rows.Text(row, {"expression"});
    names_versions = names_versions || expression == "ROW START";
    column.row_end = expression == "ROW END";
  }
  if (!HasKey(details)) {
    MILLRACE_ASSIGN_OR_RETURN(const bool is_view, IsView(connection, name));
    if (is_view) return std::nullopt;
    MILLRACE_RETURN_IF_ERROR(PromoteKey(connection, details));
  }
  // Query the time last: if the definition changed after the first query, the time is newer.
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows defined,
                            connection.Query(fmt::format(kTableQuery, QuotedText(name.database),
                                                         QuotedText(name.table))));
  if (defined.rows.empty()) return std::nullopt;
  const QueryRow& row = defined.rows[0];
  const auto text = [&row](size_t i) { return i < row.size() ? row[i].value_or("") : ""; };
  const std::string seconds = text(0);
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), details.defined_seconds);
  details.sequence = text(1) == "SEQUENCE";
  details.merge = text(3) == "1";
  if (text(1) != "VIEW") MILLRACE_RETURN_IF_ERROR(CheckFullyVisible(connection, name));
  if (details.merge) {
    MILLRACE_ASSIGN_OR_RETURN(details.merged, FetchMerged(connection, name));
  }
  if (text(1) == "SYSTEM VERSIONED" && !names_versions) AddVersionColumns(details);
  AddHashColumns(ParseNumber(text(2)), details);
  return details;
}

}  // namespace millrace

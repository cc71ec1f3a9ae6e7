// SPDX-License-Identifier: Apache-2.0

#include "system/snapshot_tables.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace millrace::testing {
namespace {

using Literals = std::vector<std::string>;

const std::vector<SnapshotColumn>& CommonColumns() {
  static const auto& columns =
      *new std::vector<SnapshotColumn>{{"n", "BIGINT NOT NULL"},
                                       {"note", "VARCHAR(80)"},
                                       {"amount", "DECIMAL(12,3)"},
                                       {"seen", "TIMESTAMP(6) NULL", ShownAs::kTimestamp},
                                       {"raw", "VARBINARY(24)", ShownAs::kBytes}};
  return columns;
}

// Permutes the numbers.
uint64_t Scatter(uint64_t number) { return number * 0x9E3779B97F4A7C15; }

std::string Hex(uint64_t number, int digits) { return fmt::format("{:0{}X}", number, digits); }

std::vector<std::string> CommonLiterals(uint64_t salt) {
  constexpr std::array kWords = {"tea",  "água", "it''s",  "back\\\\slash",
                                 "日本", "",     "tab\\t", "%_"};
  const std::string note =
      fmt::format("'{} {} {}'", kWords[salt % 8], salt % 1000, kWords[salt / 8 % 8]);
  const std::string seen =
      fmt::format("'20{:02}-{:02}-{:02} 12:{:02}:{:02}.{:06}'", salt % 30, 1 + salt % 12,
                  1 + salt % 28, salt % 60, salt / 60 % 60, salt % 1'000'000);
  return {std::to_string(salt % 1'000'000'007), salt % 11 == 0 ? "NULL" : note,
          salt % 7 == 0 ? "NULL" : fmt::format("-{}.{:03}", salt % 100'000, salt % 1000),
          salt % 5 == 0 ? "NULL" : seen,
          salt % 3 == 0 ? "NULL" : "X'" + Hex(Scatter(salt) >> (salt % 4 * 8), 16) + "'"};
}

std::string Assign(const std::vector<std::string>& names, const Literals& literals,
                   std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}{} = {}", i == 0 ? "" : separator, names[i], literals[i]);
  }
  return text;
}

std::vector<std::string> Names(const std::vector<SnapshotColumn>& columns) {
  std::vector<std::string> names;
  for (const SnapshotColumn& column : columns) names.push_back(column.name);
  return names;
}

std::string Expression(const SnapshotColumn& column) {
  switch (column.shown) {
    case ShownAs::kText:
      return column.name;
    case ShownAs::kBytes:
      return fmt::format("CONCAT('0x', HEX({}))", column.name);
    case ShownAs::kTimestamp:
      return fmt::format("DATE_FORMAT({}, '%Y-%m-%d %H:%i:%s.%f')", column.name);
  }
  std::abort();
}

SnapshotTableSpec IntAuto() {
  return {
      .name = "int_auto",
      .columns = {{"id", "INT NOT NULL AUTO_INCREMENT"},
                  {"doc", "JSON GENERATED ALWAYS AS (JSON_OBJECT('note', note, 'n', n)) STORED"}},
      .key = {"id"},
      .constraint = ", PRIMARY KEY (id)",
      .literals = [](uint64_t number, int) {
        // The source would replace 0 by a generated number.
        return Literals{std::to_string(number + 1)};
      }};
}

SnapshotTableSpec BigUnsigned() {
  return {
      .name = "big_unsigned",
      .columns = {{"id", "BIGINT UNSIGNED NOT NULL"},
                  {"twice", "BIGINT GENERATED ALWAYS AS (n * 2) STORED"}},
      .key = {"id"},
      .constraint = ", PRIMARY KEY (id)",
      .literals = [](uint64_t number, int) { return Literals{std::to_string(Scatter(number))}; }};
}

SnapshotTableSpec Pair() {
  return {.name = "pair",
          .columns = {{"a", "INT NOT NULL"},
                      {"b", "VARCHAR(20) NOT NULL"},
                      {"hidden", "INT NOT NULL DEFAULT 7 INVISIBLE"}},
          .key = {"a", "b"},
          .constraint = ", PRIMARY KEY (a, b)",
          .literals = [](uint64_t number, int) {
            return Literals{std::to_string(static_cast<int64_t>(number / 50) - 20),
                            fmt::format("'{}\\'\\\\{}'", number % 7, number % 50)};
          }};
}

SnapshotTableSpec NameInsensitive(Flavour flavour) {
  const std::string collation =
      flavour == Flavour::kMysql ? "utf8mb4_0900_ai_ci" : "utf8mb4_general_ci";
  return {
      .name = "name_ci",
      .columns = {{"name", "VARCHAR(40) COLLATE " + collation + " NOT NULL"}},
      .key = {"name"},
      .constraint = ", PRIMARY KEY (name)",
      .literals = [](uint64_t number, int variant) {
        constexpr std::array kForms = {"Name", "NAME", "name", "Námé"};
        return Literals{fmt::format("'{} {}'", kForms[static_cast<size_t>(variant) % 4], number)};
      }};
}

SnapshotTableSpec Bytes() {
  return {.name = "bytes",
          .columns = {{"code", "VARBINARY(20) NOT NULL", ShownAs::kBytes}},
          .key = {"code"},
          .constraint = ", PRIMARY KEY (code)",
          .literals = [](uint64_t number, int) {
            const std::string_view end = number % 3 == 0 ? "00" : number % 3 == 1 ? "20" : "";
            return Literals{
                fmt::format("X'{}{}{}'", Hex(Scatter(number) >> 48, 4), Hex(number, 8), end)};
          }};
}

SnapshotTableSpec UuidText() {
  return {.name = "uuid_text",
          .columns = {{"id", "CHAR(36) CHARACTER SET ascii NOT NULL"}},
          .key = {"id"},
          .constraint = ", PRIMARY KEY (id)",
          .literals = [](uint64_t number, int variant) {
            const std::string hex = Hex(Scatter(number), 16);
            std::string text = fmt::format("{}-{}-4000-8000-{}", hex.substr(0, 8), hex.substr(8, 4),
                                           Hex(number, 12));
            // The collation of ascii ignores case.
            if (variant % 2 == 1)
              std::transform(text.begin(), text.end(), text.begin(),
                             [](unsigned char c) { return std::tolower(c); });
            return Literals{"'" + text + "'"};
          }};
}

SnapshotTableSpec Money() {
  return {.name = "money",
          .columns = {{"id", "DECIMAL(20,6) NOT NULL"}},
          .key = {"id"},
          .constraint = ", PRIMARY KEY (id)",
          .literals = [](uint64_t number, int) {
            const auto scattered = static_cast<int64_t>(Scatter(number) >> 24) - (int64_t{1} << 39);
            return Literals{fmt::format("{}{}.{:06}", scattered < 0 ? "-" : "",
                                        std::abs(scattered) / 1'000'000,
                                        std::abs(scattered) % 1'000'000)};
          }};
}

SnapshotTableSpec Moment() {
  return {.name = "moment",
          .columns = {{"at", "DATETIME(6) NOT NULL"}},
          .key = {"at"},
          .constraint = ", PRIMARY KEY (at)",
          .literals = [](uint64_t number, int) {
            const absl::Time time =
                absl::FromUnixSeconds(static_cast<int64_t>(number / 3 * 1009) - 2'000'000'000) +
                absl::Microseconds(number % 3 * 333'333);
            return Literals{
                "'" + absl::FormatTime("%Y-%m-%d %H:%M:%E6S", time, absl::UTCTimeZone()) + "'"};
          }};
}

SnapshotTableSpec KindDay() {
  // The index has another column order than the table, and ENUM sorts by number.
  return {.name = "kind_day",
          .columns = {{"no", "SMALLINT NOT NULL"},
                      {"day", "DATE NOT NULL"},
                      {"kind", "ENUM('pear','apple','zebra','fig') NOT NULL"}},
          .key = {"kind", "day", "no"},
          .constraint = ", PRIMARY KEY (kind, day, no)",
          .literals = [](uint64_t number, int) {
            constexpr std::array kKinds = {"'pear'", "'apple'", "'zebra'", "'fig'"};
            const absl::CivilDay day =
                absl::CivilDay(1990, 1, 1) + static_cast<int>(number / 8 % 9000);
            return Literals{
                kKinds[number % 4], "'" + absl::FormatCivilTime(day) + "'",
                std::to_string(static_cast<int64_t>(number / 72'000 * 2 + number / 4 % 2) - 3)};
          }};
}

SnapshotTableSpec UniqueOnly() {
  return {.name = "unique_only",
          .columns = {{"code", "BINARY(16) NOT NULL", ShownAs::kBytes}, {"maybe", "INT"}},
          .key = {"code"},
          .constraint = ", UNIQUE KEY a_maybe (maybe), UNIQUE KEY b_code (code)",
          .literals = [](uint64_t number, int) {
            // Every third ends in zeros, which binlog images omit.
            return Literals{fmt::format("X'{}{}{}'", Hex(Scatter(number), 16), Hex(number, 8),
                                        number % 3 == 0 ? "00000000" : "0000FF20")};
          }};
}

}  // namespace

std::string SnapshotTableSpec::CreateStatement() const {
  std::string body;
  for (const auto* part : {&columns, &CommonColumns()}) {
    for (const SnapshotColumn& column : *part) {
      body += fmt::format("{}{} {}", body.empty() ? "" : ", ", column.name, column.definition);
    }
  }
  return fmt::format("CREATE TABLE {} ({}{}) CHARACTER SET utf8mb4", FullName(), body, constraint);
}

std::string SnapshotTableSpec::InsertColumns() const {
  std::vector<std::string> names = key;
  const auto common = Names(CommonColumns());
  names.insert(names.end(), common.begin(), common.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string SnapshotTableSpec::Where(uint64_t number, int variant) const {
  return Assign(key, literals(number, variant), " AND ");
}

std::string SnapshotTableSpec::Assignments(uint64_t number, int variant) const {
  return Assign(key, literals(number, variant), ", ");
}

std::string SnapshotTableSpec::Values(uint64_t number, int variant, uint64_t salt) const {
  Literals all = literals(number, variant);
  const Literals common = CommonLiterals(salt);
  all.insert(all.end(), common.begin(), common.end());
  return fmt::format("({})", fmt::join(all, ", "));
}

std::vector<std::string> SnapshotTableSpec::SortedColumns() const {
  std::vector<std::string> names = Names(columns);
  const auto common = Names(CommonColumns());
  names.insert(names.end(), common.begin(), common.end());
  std::sort(names.begin(), names.end());
  return names;
}

std::string SnapshotTableSpec::SelectStatement() const {
  std::map<std::string, std::string> expressions;
  for (const auto* part : {&columns, &CommonColumns()}) {
    for (const SnapshotColumn& column : *part) expressions[column.name] = Expression(column);
  }
  std::vector<std::string> list;
  for (const std::string& column : SortedColumns()) {
    list.push_back(expressions.at(column));
  }
  return fmt::format("SELECT {} FROM {}", fmt::join(list, ", "), FullName());
}

std::string CommonAssignments(uint64_t salt) {
  return Assign(Names(CommonColumns()), CommonLiterals(salt), ", ");
}

std::vector<SnapshotTableSpec> KeyedTables(Flavour flavour) {
  return {IntAuto(), BigUnsigned(), Pair(),  NameInsensitive(flavour),
          Bytes(),   UuidText(),    Money(), Moment(),
          KindDay(), UniqueOnly()};
}

SnapshotTableSpec KeyedTable(Flavour flavour, const std::string& name) {
  for (SnapshotTableSpec& table : KeyedTables(flavour)) {
    if (table.name == name) return table;
  }
  std::abort();
}

SnapshotTableSpec KeylessTable() {
  return {.name = "keyless",
          .columns = {{"a", "INT"}, {"b", "VARCHAR(20)"}},
          .key = {},
          .constraint = "",
          .literals = [](uint64_t, int) { return Literals{}; }};
}

}  // namespace millrace::testing

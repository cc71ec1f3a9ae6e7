// SPDX-License-Identifier: Apache-2.0

#include "schema/definition.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "model/charset.h"
#include "model/quoted.h"
#include "schema/collations.h"
#include "schema/column_type_text.h"
#include "schema/details_fit.h"
#include "schema/labels.h"
#include "schema/text_meaning.h"

namespace millrace::schema {
namespace {

using binlog::ColumnMap;
using binlog::TableMap;

// Prefix of the columns of functional and multi-valued indexes, in the MySQL versions that show
// them.
constexpr std::string_view kHiddenPrefix = "!hidden!";
// MariaDB's hash of a long UNIQUE key.
constexpr std::string_view kHashPrefix = "DB_ROW_HASH_";
constexpr std::string_view kRemedy = "SET GLOBAL binlog_row_metadata = FULL";
constexpr std::string_view kExcludeColumn = "exclude the column with source.exclude_columns";
constexpr std::string_view kLossyLabels =
    "information_schema shows a `?` in its labels, which may replace other characters or bytes";

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// A column of the map in the previous version and in information_schema; null where the column is
// missing or does not match.
struct Counterparts {
  const Column* before = nullptr;
  const ColumnDetails* details = nullptr;
};

bool FitsPreviousColumn(const TableMap& map, const ColumnMap& column, const Column& before) {
  if (column.type != before.type || column.metadata != before.metadata) return false;
  if (!before.captured) return true;
  if (column.collation != 0 && HasCharset(column.type) && column.collation != before.collation) {
    return false;
  }
  return !map.has_signedness || !IsInteger(column.type) || column.is_unsigned == before.is_unsigned;
}

// Describes one table map.
class Describer {
 public:
  Describer(const TableMap& map, const Knowledge& known) : map_(map), known_(known) {}

  absl::StatusOr<Definition> Describe() {
    MILLRACE_RETURN_IF_ERROR(map_.has_names ? MatchByName() : MatchByPosition());
    Definition definition;
    definition.columns.reserve(map_.columns.size());
    for (size_t i = 0; i < map_.columns.size(); ++i) {
      MILLRACE_ASSIGN_OR_RETURN(Column column, DescribeColumn(i));
      definition.columns.push_back(std::move(column));
    }
    definition.column_of_unknown_meaning = std::move(column_of_unknown_meaning_);
    return definition;
  }

 private:
  absl::Status MatchByName();
  absl::Status MatchByPosition();
  bool PreviousVersionFits() const;
  std::string DetailsMismatch() const;

  absl::StatusOr<Column> DescribeColumn(size_t i);
  absl::Status FillSign(size_t i, Column& column) const;
  absl::Status FillCharset(size_t i, Column& column) const;
  absl::Status FillLabels(size_t i, Column& column) const;
  absl::Status FillDescribedLabels(size_t i, Column& column) const;
  void FillMeaning(size_t i, Column& column);
  bool MayHaveMeaning(size_t i, const Column& column) const;
  // True if configuration captures the column.
  bool IsIncluded(std::string_view column) const;
  bool IsVersionTime(const Column& column) const;
  std::optional<Meaning> KnownMeaning(size_t i, const Column& column) const;
  static Meaning MeaningIn(const ColumnDetails& details);
  void FillKeyAndVisibility(size_t i, Column& column) const;
  void FillKeyOfUncaptured(size_t i, Column& column) const;
  void FillText(size_t i, Column& column) const;

  absl::Status Unproven(std::string_view column, std::string_view what) const;
  // SCHEMA_UNPROVEN for labels. More metadata in later events does not fix this event, so `remedy`
  // is another one.
  absl::Status LabelsUnproven(size_t i, std::string_view what, std::string_view remedy) const;
  absl::Status Unproven(size_t i, std::string_view what) const { return Unproven(NameOf(i), what); }
  std::string NameOf(size_t i) const;
  // True if the previous version describes the column and outranks the details, because it is
  // verified or there are none.
  bool PrefersPrevious(size_t i) const {
    const auto [before, details] = counterparts_[i];
    return before != nullptr && before->captured && (!known_.unverified || details == nullptr);
  }

  const TableMap& map_;
  const Knowledge& known_;
  std::vector<Counterparts> counterparts_;
  std::string column_of_unknown_meaning_;
};

std::string Describer::NameOf(size_t i) const {
  if (map_.has_names) return std::string(map_.columns[i].name);
  if (i < counterparts_.size() && counterparts_[i].before != nullptr)
    return counterparts_[i].before->name;
  if (i < counterparts_.size() && counterparts_[i].details != nullptr)
    return counterparts_[i].details->name;
  return fmt::format("#{}", i + 1);
}

absl::Status Describer::Unproven(std::string_view column, std::string_view what) const {
  const std::string table = fmt::format("{}.{}", map_.database, map_.table);
  const std::string place =
      column.empty() ? table : fmt::format("{}, column {}", table, Quoted(column));
  ErrorMetadata metadata{{"table", table}, {"statement", std::string(kRemedy)}};
  if (!column.empty()) metadata["column"] = column;
  return MakeError(
      reason::kSchemaUnproven,
      fmt::format("table {}: {}; run {} on the source, so that events describe the table", place,
                  what, kRemedy),
      metadata);
}

absl::Status Describer::LabelsUnproven(size_t i, std::string_view what,
                                       std::string_view remedy) const {
  const std::string table = fmt::format("{}.{}", map_.database, map_.table);
  return MakeError(
      reason::kSchemaUnproven,
      fmt::format("table {}, column {}: {}; {}", table, Quoted(NameOf(i)), what, remedy),
      {{"table", table}, {"column", NameOf(i)}});
}

absl::Status Describer::MatchByName() {
  counterparts_.resize(map_.columns.size());
  std::unordered_map<std::string, Counterparts> by_name;
  if (known_.previous != nullptr) {
    for (const Column& column : known_.previous->columns) {
      by_name[ColumnKey(column.name)].before = &column;
    }
  }
  if (known_.details != nullptr) {
    for (const ColumnDetails& column : known_.details->columns) {
      by_name[ColumnKey(column.name)].details = &column;
    }
  }
  for (size_t i = 0; i < map_.columns.size(); ++i) {
    const ColumnMap& column = map_.columns[i];
    if (column.name.empty())
      return Unproven(fmt::format("#{}", i + 1), "the event does not name it");
    const auto found = by_name.find(ColumnKey(column.name));
    if (found == by_name.end()) continue;
    const auto [before, details] = found->second;
    if (before != nullptr && FitsPreviousColumn(map_, column, *before))
      counterparts_[i].before = before;
    if (details != nullptr && DescribeMismatch(map_, column, *details, known_.flavour).empty()) {
      counterparts_[i].details = details;
    }
  }
  return absl::OkStatus();
}

bool Describer::PreviousVersionFits() const {
  const TableVersion* previous = known_.previous;
  if (previous == nullptr || previous->columns.size() != map_.columns.size()) return false;
  for (size_t i = 0; i < map_.columns.size(); ++i) {
    const Column& before = previous->columns[i];
    if (!FitsPreviousColumn(map_, map_.columns[i], before)) return false;
    if (IsHidden(before.meaning)) continue;
    if (map_.columns[i].nullable != before.nullable) return false;
  }
  return true;
}

std::string Describer::DetailsMismatch() const {
  const std::vector<ColumnDetails>& columns = known_.details->columns;
  if (columns.size() != map_.columns.size()) {
    return fmt::format(
        "the event names no columns and has {} of them, information_schema has {} now",
        map_.columns.size(), columns.size());
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string mismatch =
        DescribeMismatch(map_, map_.columns[i], columns[i], known_.flavour);
    if (mismatch.empty()) continue;
    return fmt::format("the event names no columns, and at column {} ({} in information_schema) {}",
                       i + 1, Quoted(columns[i].name), mismatch);
  }
  return {};
}

// Without names in the map, the previous version or the details must match all of its columns in
// order.
absl::Status Describer::MatchByPosition() {
  const bool previous_version_fits = !known_.unverified && PreviousVersionFits();
  const std::string mismatch =
      known_.details == nullptr
          ? "the event names no columns, and information_schema was not queried or lacks the table"
          : DetailsMismatch();
  if (!previous_version_fits && !mismatch.empty()) return Unproven("", mismatch);
  counterparts_.resize(map_.columns.size());
  for (size_t i = 0; i < counterparts_.size(); ++i) {
    if (previous_version_fits) counterparts_[i].before = &known_.previous->columns[i];
    if (mismatch.empty()) counterparts_[i].details = &known_.details->columns[i];
  }
  return absl::OkStatus();
}

absl::StatusOr<Column> Describer::DescribeColumn(size_t i) {
  const ColumnMap& from = map_.columns[i];
  Column column;
  column.name = NameOf(i);
  column.type = from.type;
  column.metadata = from.metadata;
  column.nullable = from.nullable;
  const TableName table{std::string(map_.database), std::string(map_.table)};
  if (!IsValidUtf8(column.name)) return Unproven(i, "its name is not UTF-8");
  FillMeaning(i, column);
  column.captured = !column.name.starts_with(kHiddenPrefix) && !IsHidden(column.meaning) &&
                    IsIncluded(column.name);
  // A skipped column needs only the length of its values.
  if (!column.captured) {
    FillKeyOfUncaptured(i, column);
    if (IsHidden(column.meaning)) column.nullable = true;
    return column;
  }
  MILLRACE_RETURN_IF_ERROR(FillSign(i, column));
  MILLRACE_RETURN_IF_ERROR(FillCharset(i, column));
  MILLRACE_RETURN_IF_ERROR(FillLabels(i, column));
  FillKeyAndVisibility(i, column);
  FillText(i, column);
  const std::optional<FieldType> field_type = FieldTypeOf(column);
  if (!field_type.has_value()) {
    return MakeError(
        reason::kColumnTypeUnknown,
        fmt::format("table {}: values of column {} have type code {}, which cannot be read; run "
                    "ALTER TABLE … FORCE to rebuild the table, or exclude the column",
                    table.ToString(), Quoted(column.name), static_cast<unsigned>(column.type)),
        {{"table", table.ToString()}, {"column", column.name}});
  }
  column.field_type = *field_type;
  return column;
}

absl::Status Describer::FillSign(size_t i, Column& column) const {
  const auto [before, details] = counterparts_[i];
  if (map_.has_signedness) {
    column.is_unsigned = map_.columns[i].is_unsigned;
  } else if (PrefersPrevious(i)) {
    column.is_unsigned = before->is_unsigned;
  } else if (details != nullptr) {
    column.is_unsigned = details->is_unsigned;
  } else if (IsInteger(column.type)) {
    return Unproven(i, "whether it is signed is unknown");
  }
  return absl::OkStatus();
}

absl::Status Describer::FillCharset(size_t i, Column& column) const {
  if (!HasCharset(column.type)) return absl::OkStatus();
  const auto [before, details] = counterparts_[i];
  column.collation = map_.columns[i].collation;
  if (column.collation == 0 && PrefersPrevious(i)) {
    column.collation = before->collation;
    column.charset = before->charset;
  } else if (column.collation == 0 && details != nullptr) {
    // information_schema has no collation for BINARY, VARBINARY and BLOB.
    column.collation = details->charset.empty() ? kBinaryCollation : details->collation;
  }
  if (column.collation == 0) return Unproven(i, "its charset is unknown");
  if (column.charset.empty()) {
    column.charset = CharsetOfCollation(known_.flavour, column.collation);
  }
  // An operator or a later version of the source may have added the collation.
  const bool known = details != nullptr && details->collation == column.collation;
  if (column.charset.empty() && known && IsValidUtf8(details->charset)) {
    column.charset = details->charset;
  }
  const bool same = before != nullptr && before->collation == column.collation;
  if (column.charset.empty() && same) column.charset = before->charset;
  if (column.charset == "utf8") column.charset = "utf8mb3";
  if (!column.charset.empty()) return absl::OkStatus();
  return Unproven(i, fmt::format("collation id {} is unknown, and information_schema does not show "
                                 "its charset",
                                 column.collation));
}

absl::Status Describer::FillLabels(size_t i, Column& column) const {
  if (!IsEnumOrSet(column.type)) return absl::OkStatus();
  if (map_.labels_are_utf8) return FillDescribedLabels(i, column);
  const auto [before, details] = counterparts_[i];
  const std::vector<std::string_view>& known = map_.columns[i].labels;
  if (!known.empty() && SetLabels(known, column)) return absl::OkStatus();
  // Labels of an unknown charset can only be counted.
  const auto fits = [&](const std::vector<std::string>& labels) {
    return !labels.empty() && (known.empty() || labels.size() == known.size());
  };
  if (PrefersPrevious(i) && fits(before->labels)) {
    column.labels = before->labels;
    column.label_bytes = before->label_bytes;
    return absl::OkStatus();
  }
  if (details != nullptr && fits(details->labels)) {
    // Never take a `?` for the real label.
    if (LabelsMayBeLossy(details->labels, column.charset, known_.flavour)) {
      return LabelsUnproven(
          i, kLossyLabels,
          fmt::format(
              "to continue past this event, {}; {} on the source prevents this for later events",
              kExcludeColumn, kRemedy));
    }
    column.labels = details->labels;
    return absl::OkStatus();
  }
  if (known.empty()) return Unproven(i, "its labels are unknown");
  return LabelsUnproven(
      i, fmt::format("its labels have charset {}, which Millrace does not know", column.charset),
      kExcludeColumn);
}

// For a map made from information_schema. Labels of an earlier event take precedence.
absl::Status Describer::FillDescribedLabels(size_t i, Column& column) const {
  const Column* before = counterparts_[i].before;
  std::vector<std::string> labels(map_.columns[i].labels.begin(), map_.columns[i].labels.end());
  const bool trusted = before != nullptr && before->captured && !known_.unverified;
  if (trusted && MatchesShownLabels(labels, *before)) {
    column.labels = before->labels;
    column.label_bytes = before->label_bytes;
    return absl::OkStatus();
  }
  if (labels.empty() || LabelsMayBeLossy(labels, column.charset, known_.flavour)) {
    return LabelsUnproven(i, kLossyLabels,
                          fmt::format("change a row of the table, so that the binlog contains "
                                      "them, or {}",
                                      kExcludeColumn));
  }
  column.labels = std::move(labels);
  return absl::OkStatus();
}

bool Describer::IsIncluded(std::string_view column) const {
  return known_.filter == nullptr || !*known_.filter ||
         (*known_.filter)({std::string(map_.database), std::string(map_.table)}, column);
}

// In a binlog of MariaDB, UUID, INET6 and INET4 look like BINARY(16) and BINARY(4), and columns
// that the server adds look like any others.
void Describer::FillMeaning(size_t i, Column& column) {
  if (known_.flavour != Flavour::kMariadb || !MayHaveMeaning(i, column)) return;
  const std::optional<Meaning> known = KnownMeaning(i, column);
  if (known.has_value()) {
    column.meaning = *known;
    return;
  }
  const bool is_hash = column.name.starts_with(kHashPrefix);
  if (is_hash) column.meaning = Meaning::kMariadbHiddenHash;
  const bool is_binary = column.type == ColumnType::kString && IsIncluded(column.name);
  if (is_binary || IsVersionTime(column)) column_of_unknown_meaning_ = column.name;
}

bool Describer::MayHaveMeaning(size_t i, const Column& column) const {
  const uint32_t collation = map_.columns[i].collation;
  switch (column.type) {
    case ColumnType::kString:
      return MayBeTextOrBinary(column.type, column.metadata, collation);
    case ColumnType::kTimestamp2:
      return column.metadata == 6 && !column.nullable;
    case ColumnType::kLongLong:
      return true;
    default:
      return false;
  }
}

// True for the names that MariaDB uses if the definition does not name ROW START and ROW END.
bool Describer::IsVersionTime(const Column& column) const {
  return column.type == ColumnType::kTimestamp2 &&
         (column.name == "row_start" || column.name == "row_end");
}

// nullopt: unknown.
std::optional<Meaning> Describer::KnownMeaning(size_t i, const Column& column) const {
  const auto [before, details] = counterparts_[i];
  if (known_.declared_meanings != nullptr) {
    const auto found = known_.declared_meanings->find(ColumnKey(column.name));
    if (found != known_.declared_meanings->end()) return found->second;
    if (!column.name.starts_with(kHashPrefix)) return Meaning::kPlain;
  }
  // Earlier versions of Millrace stored hidden columns as ordinary ones.
  if (details != nullptr && details->hidden) return MeaningIn(*details);
  const bool previous_verified = before != nullptr && !known_.unverified;
  if (previous_verified && (before->captured || before->meaning != Meaning::kPlain))
    return before->meaning;
  if (details != nullptr) return MeaningIn(*details);
  return std::nullopt;
}

Meaning Describer::MeaningIn(const ColumnDetails& details) {
  if (details.row_end) {
    return details.hidden ? Meaning::kMariadbHiddenRowEnd : Meaning::kMariadbRowEnd;
  }
  if (details.hidden) {
    return details.data_type == "bigint" ? Meaning::kMariadbHiddenHash
                                         : Meaning::kMariadbHiddenRowStart;
  }
  return TextMeaningIn(details);
}

void Describer::FillKeyAndVisibility(size_t i, Column& column) const {
  const auto [before, details] = counterparts_[i];
  if (map_.has_names) {
    column.key_ordinal = map_.columns[i].key_ordinal;
  } else if (PrefersPrevious(i)) {
    column.key_ordinal = before->key_ordinal;
  } else if (details != nullptr) {
    column.key_ordinal = details->key_ordinal;
  }
  if (IsRowEnd(column.meaning)) column.key_ordinal = 0;
  if (map_.has_visibility) {
    column.invisible = !map_.columns[i].visible;
  } else if (PrefersPrevious(i)) {
    column.invisible = before->invisible;
  } else if (details != nullptr) {
    column.invisible = details->invisible;
  }
}

// An uncaptured column keeps its key ordinal, because a key that lacks it does not identify rows.
// Exceptions: ROW END, which the server adds to the keys of versioned tables, is the same in all
// current rows; a hash is no key.
void Describer::FillKeyOfUncaptured(size_t i, Column& column) const {
  if (IsRowEnd(column.meaning) || IsHidden(column.meaning)) return;
  const auto [before, details] = counterparts_[i];
  if (map_.has_names) {
    column.key_ordinal = map_.columns[i].key_ordinal;
  } else if (before != nullptr && (!known_.unverified || details == nullptr)) {
    column.key_ordinal = before->key_ordinal;
  } else if (details != nullptr) {
    column.key_ordinal = details->key_ordinal;
  }
}

void Describer::FillText(size_t i, Column& column) const {
  const auto [before, details] = counterparts_[i];
  const ColumnMap& from = map_.columns[i];
  column.mysql_type = TypeText(from, column);
  // The subtype or dimension was not compared with the previous version or the details.
  if (from.geometry_type != 0 || from.vector_dimension != 0) return;
  if (PrefersPrevious(i)) {
    const bool same = before->is_unsigned == column.is_unsigned &&
                      before->labels == column.labels && before->meaning == column.meaning;
    if (same) column.mysql_type = before->mysql_type;
  } else if (details != nullptr && (from.labels.empty() || details->labels == column.labels) &&
             MeaningIn(*details) == column.meaning) {
    const std::string_view text = details->column_type;
    // MariaDB appends ` /*M!100301 COMPRESSED*/`, which is not part of the type.
    if (IsValidUtf8(text)) column.mysql_type = text.substr(0, text.find(" /*"));
  }
}

}  // namespace

bool SameColumnName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char left, char right) { return Lower(left) == Lower(right); });
}

std::string ColumnKey(std::string_view name) {
  std::string key(name);
  std::transform(key.begin(), key.end(), key.begin(), Lower);
  return key;
}

absl::StatusOr<Definition> Describe(const binlog::TableMap& map, const Knowledge& known) {
  return Describer(map, known).Describe();
}

}  // namespace millrace::schema

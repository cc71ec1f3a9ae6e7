// SPDX-License-Identifier: Apache-2.0

#include "coverage/stored_coverage.h"

#include "base/bytes.h"
#include "base/error.h"
#include "log/damage.h"
#include "millrace/storage/v1/snapshot.pb.h"

namespace millrace::coverage {
namespace {

using storage::v1::StoredCoverage;

// First byte of each value. Do not reuse.
constexpr char kFormatVersion = 1;
constexpr std::string_view kKeyPrefix = "coverage.";

// Names contain no zero byte, so the key is unambiguous.
std::string KeyOf(const TableName& table) {
  std::string key(kKeyPrefix);
  key.append(table.database).push_back('\0');
  return key.append(table.table);
}

}  // namespace

log::Record MakeRecord(const TableName& table, const TableCoverage& coverage) {
  StoredCoverage stored;
  stored.mutable_name()->set_database(table.database);
  stored.mutable_name()->set_table(table.table);
  stored.set_begin(coverage.begin.value);
  stored.set_complete(coverage.complete);
  stored.set_spoiled(coverage.invalid_reason);
  stored.set_row_shape(coverage.row_shape);
  return {log::RecordKind::kMeta, KeyOf(table), kFormatVersion + stored.SerializeAsString()};
}

bool IsCoverageKey(std::string_view key) { return key.starts_with(kKeyPrefix); }

absl::StatusOr<ParsedCoverage> ParseRecord(std::string_view key, std::string_view value) {
  MILLRACE_RETURN_IF_ERROR(log::TakeFormat(key, kFormatVersion, value).status());
  StoredCoverage stored;
  if (!stored.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return log::RecordDamaged(key, "cannot be parsed");
  }
  const TableName table{stored.name().database(), stored.name().table()};
  if (KeyOf(table) != key) return log::RecordDamaged(key, "names another table than its key");
  return ParsedCoverage{.table = table,
                        .coverage = {.begin = {stored.begin()},
                                     .complete = stored.complete(),
                                     .invalid_reason = stored.spoiled(),
                                     .row_shape = stored.row_shape()},
                        .has_row_shape = stored.has_row_shape()};
}

log::Record MakeExcludedRecord(const std::vector<std::string>& patterns) {
  std::string value(1, kFormatVersion);
  for (const std::string& pattern : patterns) AppendSized(value, pattern);
  return {log::RecordKind::kMeta, std::string(kExcludedKey), std::move(value)};
}

absl::StatusOr<std::vector<std::string>> ParseExcluded(std::string_view value) {
  MILLRACE_RETURN_IF_ERROR(log::TakeFormat(kExcludedKey, kFormatVersion, value).status());
  std::vector<std::string> patterns;
  ByteReader reader(value);
  while (reader.ok() && !reader.empty()) patterns.emplace_back(reader.Sized());
  if (!reader.ok()) return log::RecordDamaged(kExcludedKey, "cannot be parsed");
  return patterns;
}

}  // namespace millrace::coverage

// SPDX-License-Identifier: Apache-2.0

#include "coverage/stored_coverage.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "millrace/storage/v1/snapshot.pb.h"
#include "model/quoted.h"

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

absl::Status Damaged(std::string_view key, std::string_view what) {
  return MakeError(reason::kLogDamaged,
                   fmt::format("record {} {}; restore the data directory or start a new one",
                               Quoted(key), what));
}

// Checks the format byte and removes it from `value`.
absl::Status CheckFormat(std::string_view key, std::string_view& value) {
  if (value.empty()) return Damaged(key, "is empty");
  if (value.front() != kFormatVersion) {
    return MakeError(reason::kFormatTooNew,
                     fmt::format("record {} has format {}, this server reads up to {}; run the "
                                 "version that wrote it, or a later one",
                                 Quoted(key), static_cast<unsigned char>(value.front()),
                                 static_cast<int>(kFormatVersion)));
  }
  value.remove_prefix(1);
  return absl::OkStatus();
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
  MILLRACE_RETURN_IF_ERROR(CheckFormat(key, value));
  StoredCoverage stored;
  if (!stored.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return Damaged(key, "cannot be parsed");
  }
  const TableName table{stored.name().database(), stored.name().table()};
  if (KeyOf(table) != key) return Damaged(key, "names another table than its key");
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
  MILLRACE_RETURN_IF_ERROR(CheckFormat(kExcludedKey, value));
  std::vector<std::string> patterns;
  ByteReader reader(value);
  while (reader.ok() && !reader.empty()) patterns.emplace_back(reader.Sized());
  if (!reader.ok()) return Damaged(kExcludedKey, "cannot be parsed");
  return patterns;
}

}  // namespace millrace::coverage

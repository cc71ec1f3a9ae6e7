// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "coverage/table_coverage.h"
#include "log/log.h"
#include "model/table_name.h"

namespace millrace::coverage {

// Serialization of coverage. FORMAT.md describes it.

log::Record MakeRecord(const TableName& table, const TableCoverage& coverage);
bool IsCoverageKey(std::string_view key);

// A parsed record. Records of versions without row shapes lack `row_shape`.
struct ParsedCoverage {
  TableName table;
  TableCoverage coverage;
  bool has_row_shape = false;
};
// kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
absl::StatusOr<ParsedCoverage> ParseRecord(std::string_view key, std::string_view value);

// The record of the patterns of excluded columns.
log::Record MakeExcludedRecord(const std::vector<std::string>& patterns);
inline constexpr std::string_view kExcludedKey = "capture.excluded_columns";
// Same errors as ParseRecord.
absl::StatusOr<std::vector<std::string>> ParseExcluded(std::string_view value);

}  // namespace millrace::coverage

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "log/log.h"
#include "schema/column_meanings.h"
#include "schema/table_version.h"

namespace millrace::schema {

// The record of a table: its newest version. Before the first row that is version 0 without
// columns.
struct StoredTable {
  TableVersion version;
  uint64_t proved_epoch = 0;
  std::optional<ColumnMeanings> declared_meanings = {};
};

// State of the registry as a whole.
struct StoredEpoch {
  uint64_t epoch = 1;
  bool tells_ambiguous_text = false;
};

// The kSchema records. Format: schema/FORMAT.md. TableRecord is replaced when the table changes.
log::Record TableRecord(const StoredTable& table);
// The record of one version, which is never replaced.
log::Record VersionRecord(const TableVersion& version);
log::Record EpochRecord(const StoredEpoch& epoch);

// True for the key of the EpochRecord, or of a VersionRecord. All other keys belong to tables.
bool IsEpochKey(std::string_view key);
bool IsVersionKey(std::string_view key);
// kDataLoss LOG_DAMAGED: not a record of a table or version, or one that this server would never
// write; kFailedPrecondition FORMAT_TOO_NEW.
absl::StatusOr<StoredTable> ParseTableRecord(std::string_view key, std::string_view value);
absl::StatusOr<StoredEpoch> ParseEpochRecord(std::string_view value);

}  // namespace millrace::schema

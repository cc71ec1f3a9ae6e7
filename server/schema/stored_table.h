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

// A table name as it is stored: its newest version, without columns and with version 0 while no row
// of it was seen.
struct StoredTable {
  TableVersion version;
  uint64_t proved_epoch = 0;
  std::optional<ColumnMeanings> declared_meanings = {};
};

// What is kept of the registry as a whole.
struct StoredEpoch {
  uint64_t epoch = 1;
  bool tells_ambiguous_text = false;
};

// The kSchema records. Format: schema/FORMAT.md.
log::Record TableRecord(const StoredTable& table);
// One version, for ever.
log::Record VersionRecord(const TableVersion& version);
log::Record EpochRecord(const StoredEpoch& epoch);

// True if `key` is that of EpochRecord, or of a VersionRecord; all other keys are those of tables.
bool IsEpochKey(std::string_view key);
bool IsVersionKey(std::string_view key);
// kDataLoss LOG_DAMAGED: not the record of a table or version, or one that this server would not
// have written; kFailedPrecondition FORMAT_TOO_NEW.
absl::StatusOr<StoredTable> ParseTableRecord(std::string_view key, std::string_view value);
absl::StatusOr<StoredEpoch> ParseEpochRecord(std::string_view value);

}  // namespace millrace::schema

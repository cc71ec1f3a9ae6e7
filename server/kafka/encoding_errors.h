// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "kafka/change_view.h"
#include "model/sequence.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// What an operator can do about a damaged change, instead of starting a new log.
inline constexpr std::string_view kRewindPastDamage = "rewind the mirror to a position after it";

// kDataLoss LOG_DAMAGED: the bytes are not a valid row of `version`.
absl::Status DamagedRow(const schema::TableVersion& version, std::string_view what);
// kDataLoss LOG_DAMAGED: the change has an unknown operation.
absl::Status UnknownOperation(const ChangeView& change);
// kDataLoss LOG_DAMAGED: the change has a row, but the definition of its table is not stored.
absl::Status UnknownDefinition(const ChangeView& change);
// kFailedPrecondition MIRROR_UNENCODABLE: the format cannot represent a value. `problem` says why,
// and what to do.
absl::Status Unencodable(const schema::TableVersion& version, size_t column, Sequence sequence,
                         std::string_view problem);
// kFailedPrecondition MIRROR_UNENCODABLE: a column of the record key is missing from the row image.
absl::Status UnknownKeyColumn(const schema::TableVersion& version, size_t column,
                              Sequence sequence);
// kFailedPrecondition MIRROR_UNENCODABLE: the text of a column of the record key is not valid in
// its character set.
absl::Status InvalidKeyColumn(const schema::TableVersion& version, size_t column,
                              Sequence sequence);

}  // namespace millrace::kafka

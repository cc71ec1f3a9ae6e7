// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "kafka/change_view.h"
#include "model/sequence.h"
#include "schema/table_version.h"

namespace millrace::kafka {

// kDataLoss LOG_DAMAGED, for bytes that are no row of `version`.
absl::Status DamagedRow(const schema::TableVersion& version, std::string_view what);
// kDataLoss LOG_DAMAGED: the change's operation is none.
absl::Status UnknownOperation(const ChangeView& change);
// kDataLoss LOG_DAMAGED: the change holds a row, and its table's definition is not stored.
absl::Status UnknownDefinition(const ChangeView& change);
// kFailedPrecondition MIRROR_UNENCODABLE: a value has no form in Kafka. `problem` says why, and
// what to do.
absl::Status Unencodable(const schema::TableVersion& version, size_t column, Sequence sequence,
                         std::string_view problem);
// The same for a column of the records' key that the source left out of the row image, and for one
// whose text is not valid in its character set.
absl::Status UnknownKeyColumn(const schema::TableVersion& version, size_t column,
                              Sequence sequence);
absl::Status InvalidKeyColumn(const schema::TableVersion& version, size_t column,
                              Sequence sequence);

}  // namespace millrace::kafka

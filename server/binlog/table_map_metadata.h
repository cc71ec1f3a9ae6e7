// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "binlog/table_map.h"
#include "model/flavour.h"

namespace millrace::binlog {

// Reads the optional metadata at the end of a TABLE_MAP into `map`, whose columns have their types
// already. kDataLoss EVENT_TRUNCATED; `map` is then half filled.
absl::Status ReadOptionalMetadata(std::string_view bytes, Flavour flavour, TableMap& map);

}  // namespace millrace::binlog

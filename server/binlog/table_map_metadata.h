// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "binlog/table_map.h"
#include "model/flavour.h"

namespace millrace::binlog {

// Reads the optional metadata at the end of a TABLE_MAP into `map`, whose column types are set.
// kDataLoss EVENT_TRUNCATED; `map` is then incomplete.
absl::Status ReadOptionalMetadata(std::string_view bytes, Flavour flavour, TableMap& map);

}  // namespace millrace::binlog

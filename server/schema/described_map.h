// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "binlog/table_map.h"
#include "model/flavour.h"
#include "model/table_details.h"

namespace millrace::schema {

// The TABLE_MAP that the source would write, under binlog_row_metadata=FULL, for a table of which
// information_schema tells. Resolving it gives the version that the next real event will give, so
// that rows read by a query and rows of the binlog share one row message. It may be resolved with
// the details it was made of: they tell UUID from BINARY, and the text of types. Resolving fails as
// for an event, and with SCHEMA_UNPROVEN where labels may have lost characters.
class DescribedMap {
 public:
  // kUnimplemented COLUMN_TYPE_UNKNOWN: names the column and its type.
  static absl::StatusOr<DescribedMap> Make(const TableDetails& details, Flavour flavour);

  // Its views lie in this object.
  const binlog::TableMap& map() const { return map_; }

 private:
  DescribedMap() = default;
  // Stable under moves, because `map_` looks into it.
  std::unique_ptr<TableDetails> details_;
  binlog::TableMap map_;
};

}  // namespace millrace::schema

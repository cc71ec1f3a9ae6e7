// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "binlog/table_map.h"
#include "model/flavour.h"
#include "model/table_details.h"

namespace millrace::schema {

// The TABLE_MAP that the source would write, under binlog_row_metadata=FULL, for a table in
// information_schema. Resolving the map returns the same version as the next real event, so rows of
// a query and rows of the binlog share one row message. Resolve it with the same details, which
// distinguish UUID from BINARY and have the text of types. Resolving fails as for an event, and
// with SCHEMA_UNPROVEN if labels may have lost characters.
class DescribedMap {
 public:
  // kUnimplemented COLUMN_TYPE_UNKNOWN: names the column and its type.
  static absl::StatusOr<DescribedMap> Make(const TableDetails& details, Flavour flavour);

  // Its views point into this object.
  const binlog::TableMap& map() const { return map_; }

 private:
  DescribedMap() = default;
  // On the heap, because the views of `map_` must survive a move.
  std::unique_ptr<TableDetails> details_;
  binlog::TableMap map_;
};

}  // namespace millrace::schema

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "model/table_name.h"
#include "schema/registry.h"

namespace millrace::feed {

// kInvalidArgument TABLE_UNKNOWN.
absl::Status TableUnknown(const TableName& name);

// Decides which changes a reader wants by table number and operation alone. Not thread-safe: it
// caches decisions by table number.
class Filter {
 public:
  // Wants everything.
  Filter() = default;
  // `operations`: values of millrace.v1.Operation; empty: all. `registry` must outlive the filter.
  // `also_known`, if given, knows tables beyond those of the registry. kInvalidArgument
  // TABLE_UNKNOWN: a pattern without wildcard names no known table. REQUEST_INVALID: an operation
  // does not exist.
  using KnowsTable = std::function<bool(const TableName&)>;
  static absl::StatusOr<Filter> Make(TablePatterns tables, const std::vector<int>& operations,
                                     const schema::Registry& registry,
                                     const KnowsTable& also_known = nullptr);

  bool wants_everything() const { return wants_everything_; }
  bool Wants(uint32_t table_id, uint8_t operation) {
    return WantsOperation(operation) && WantsTable(table_id);
  }
  bool WantsOperation(uint8_t operation) const {
    return operation <= kOperationMax && (operations_ >> operation & 1) != 0;
  }

 private:
  static constexpr uint8_t kOperationMax = 63;
  enum class Decision : uint8_t { kUnknown, kYes, kNo };
  bool WantsTable(uint32_t table_id);

  bool wants_everything_ = true;
  uint64_t operations_ = ~uint64_t{0};  // one bit per operation
  TablePatterns tables_;
  const schema::Registry* registry_ = nullptr;
  std::vector<Decision> decisions_;  // by table number
};

}  // namespace millrace::feed

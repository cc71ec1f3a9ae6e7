// SPDX-License-Identifier: Apache-2.0

#include "feed/filter.h"

#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::feed {

absl::Status TableUnknown(const TableName& name) {
  return MakeError(reason::kTableUnknown,
                   fmt::format("no captured table is named '{}': see ListTables, or write a "
                               "pattern with '*' for tables that do not exist yet",
                               name.ToString()),
                   {{"table", name.ToString()}});
}

absl::StatusOr<Filter> Filter::Make(TablePatterns tables, const std::vector<int>& operations,
                                    const schema::Registry& registry,
                                    const KnowsTable& also_known) {
  for (const TableName& name : tables.PlainNames()) {
    if (registry.Find(name) != nullptr) continue;
    if (also_known && also_known(name)) continue;
    return TableUnknown(name);
  }
  Filter filter;
  filter.wants_everything_ = tables.empty() && operations.empty();
  filter.tables_ = std::move(tables);
  filter.registry_ = &registry;
  if (operations.empty()) return filter;
  filter.operations_ = 0;
  for (const int operation : operations) {
    if (operation == v1::OPERATION_UNSPECIFIED || !v1::Operation_IsValid(operation)) {
      return MakeError(reason::kRequestInvalid,
                       fmt::format("operations contains {}, which is not an operation", operation),
                       {{"field", "operations"}});
    }
    filter.operations_ |= uint64_t{1} << operation;
  }
  return filter;
}

bool Filter::WantsTable(uint32_t table_id) {
  if (tables_.empty()) return true;
  // Changes that do not belong to one table go only to readers of all tables.
  if (table_id == 0) return false;
  if (table_id < decisions_.size() && decisions_[table_id] != Decision::kUnknown) {
    return decisions_[table_id] == Decision::kYes;
  }
  const auto name = registry_->NameOf(table_id);
  if (!name.has_value()) return false;
  const bool wanted = tables_.Matches(name->database, name->table);
  // The registry assigns consecutive numbers, so this vector stays as small as its table list.
  if (table_id >= decisions_.size()) decisions_.resize(size_t{table_id} + 1, Decision::kUnknown);
  decisions_[table_id] = wanted ? Decision::kYes : Decision::kNo;
  return wanted;
}

}  // namespace millrace::feed

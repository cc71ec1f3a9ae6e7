// SPDX-License-Identifier: Apache-2.0

#include "feed/row_types.h"

namespace millrace::feed {

std::shared_ptr<const schema::RowDescriptor> RowTypes::Find(std::string_view row_message) {
  const schema::TableVersionPtr table = registry_.FindRowMessage(row_message);
  return table == nullptr ? nullptr : Find(*table);
}

std::shared_ptr<const schema::RowDescriptor> RowTypes::Find(const schema::TableVersion& table) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = by_message_[table.row_message];
  if (entry.descriptor == nullptr || entry.version != table.version) {
    entry = {.version = table.version, .descriptor = schema::RowDescriptor::Make(table)};
  }
  return entry.descriptor;
}

}  // namespace millrace::feed

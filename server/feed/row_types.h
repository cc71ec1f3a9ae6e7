// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "schema/registry.h"
#include "schema/row_descriptor.h"

namespace millrace::feed {

// The row messages of all stored tables in their newest versions. Built on first use, and again
// after a table has changed. Thread-safe.
class RowTypes {
 public:
  // `registry` must outlive it.
  explicit RowTypes(const schema::Registry& registry) : registry_(registry) {}

  // By full name, `db.inventory.customers`; null if there is no such message.
  std::shared_ptr<const schema::RowDescriptor> Find(std::string_view row_message)
      ABSL_LOCKS_EXCLUDED(mutex_);
  std::shared_ptr<const schema::RowDescriptor> Find(const schema::TableVersion& table)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Entry {
    uint32_t version = 0;
    std::shared_ptr<const schema::RowDescriptor> descriptor;
  };

  const schema::Registry& registry_;
  absl::Mutex mutex_;
  std::map<std::string, Entry, std::less<>> by_message_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::feed

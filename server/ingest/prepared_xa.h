// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "log/log.h"
#include "model/table_name.h"

namespace millrace::ingest {

// XA transactions that were prepared without a change of a captured table and have not ended yet:
// their XA COMMIT, perhaps weeks later, changes no captured table. Stored in the log to survive a
// restart, see FORMAT.md. Belongs to the ingest thread.
class PreparedXa {
 public:
  using Tables = std::set<TableName>;
  // Beyond this number the oldest is dropped. The source keeps locks and undo logs for each, so it
  // cannot have many.
  static constexpr size_t kTransactionsMax = 100'000;
  // Limit of the table names of one transaction. Beyond it the transaction is not recorded, so the
  // feed stops at its XA COMMIT.
  static constexpr size_t kTableBytesMax = 1 << 20;

  // kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
  static absl::StatusOr<std::unique_ptr<PreparedXa>> Open(const log::Log& log);

  // Adds a prepared transaction; it changed `tables`, none of which is captured. Does not record it
  // if they are too many.
  void Add(const std::string& xid, Tables tables);
  // The tables that `xid` changed; null: it was not prepared in this log. Valid until the next
  // change.
  const Tables* Find(const std::string& xid) const;
  // Removes a transaction that has ended.
  void Remove(const std::string& xid);

  // Records that are new since the last call, to be stored in one batch with the current position.
  std::vector<log::Record> TakeUnstored();

 private:
  struct Entry {
    uint64_t number = 0;  // in order of preparation
    Tables tables;
  };
  PreparedXa() = default;
  absl::Status Load(std::string_view key, std::string_view value);

  std::map<std::string, Entry> entries_;
  std::map<uint64_t, std::string> by_number_;
  uint64_t next_number_ = 1;
  std::map<std::string, log::Record> unstored_;  // by key
};

}  // namespace millrace::ingest

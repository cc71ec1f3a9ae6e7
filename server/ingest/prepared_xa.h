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
// their XA COMMIT, perhaps weeks later, changes nothing for us. Kept in the log, so that this is
// known after a restart too; see FORMAT.md. Belongs to the ingest thread.
class PreparedXa {
 public:
  using Tables = std::set<TableName>;
  // The oldest goes where there would be more: the source keeps locks and undo of each.
  static constexpr size_t kTransactionsMax = 100'000;
  // Of the tables of one transaction. Beyond, it counts as one that may have changed any.
  static constexpr size_t kTableBytesMax = 1 << 20;

  // kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
  static absl::StatusOr<std::unique_ptr<PreparedXa>> Open(const log::Log& log);

  // `xid` was prepared; it changed `tables`, none of which is captured. Does nothing if they are
  // too many.
  void Add(const std::string& xid, Tables tables);
  // The tables that `xid` changed; null: it was not prepared in this log. Valid until it changes.
  const Tables* Find(const std::string& xid) const;
  // `xid` has ended.
  void Remove(const std::string& xid);

  // Records of what is new since the last call, to go into the batch with the position behind it.
  std::vector<log::Record> TakeUnstored();

 private:
  struct Entry {
    uint64_t number = 0;  // counts them
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

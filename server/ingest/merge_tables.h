// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ingest/sent_statement.h"
#include "log/log.h"
#include "model/table_name.h"
#include "mysql/name_folding.h"
#include "schema/statement.h"

namespace millrace::ingest {

// The member tables of MERGE tables at the current position in the binlog, as far as known: rows of
// a MERGE table are rows of its members. Stored in the log to survive a restart, see FORMAT.md.
// Belongs to the ingest thread.
class MergeTables {
 public:
  using Members = std::vector<TableName>;

  // kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
  static absl::StatusOr<std::unique_ptr<MergeTables>> Open(const log::Log& log);

  // Null: it is not a MERGE table, or its members are unknown. Valid until the next change.
  const Members* Find(const TableName& table) const;
  void Set(const TableName& table, Members members);
  void Forget(const TableName& table);
  void ForgetDatabase(std::string_view database);
  void ForgetAll();
  void Rename(const TableName& from, const TableName& to);

  // Records that are new since the last call, to be stored in one batch with the current position.
  std::vector<log::Record> TakeUnstored();

 private:
  MergeTables() = default;
  absl::Status Load(std::string_view key, std::string_view value);

  std::map<TableName, Members> tables_;
  std::map<std::string, log::Record> unstored_;  // by key
};

// Applies a definition that has taken effect to `tables`. Keeps nothing about MERGE tables that are
// not `captured`.
void NoteMergeTables(const SentStatement& sent, const schema::Statement& statement,
                     const NameFolding& names,
                     const std::function<bool(const TableName&)>& captured, MergeTables& tables);

}  // namespace millrace::ingest

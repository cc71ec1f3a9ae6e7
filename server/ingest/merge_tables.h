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

// Which tables MERGE tables show, at the place in the binlog that was read last, as far as it is
// known: their rows are rows of these. Kept in the log, so that it is known after a restart too,
// see FORMAT.md. Belongs to the ingest thread.
class MergeTables {
 public:
  using Members = std::vector<TableName>;

  // kDataLoss LOG_DAMAGED; kFailedPrecondition FORMAT_TOO_NEW.
  static absl::StatusOr<std::unique_ptr<MergeTables>> Open(const log::Log& log);

  // Null: it is none, or it is not known. Valid until it changes.
  const Members* Find(const TableName& table) const;
  void Set(const TableName& table, Members members);
  void Forget(const TableName& table);
  void ForgetDatabase(std::string_view database);
  void ForgetAll();
  void Rename(const TableName& from, const TableName& to);

  // Records of what is new since the last call, to go into the batch with the position behind it.
  std::vector<log::Record> TakeUnstored();

 private:
  MergeTables() = default;
  absl::Status Load(std::string_view key, std::string_view value);

  std::map<TableName, Members> tables_;
  std::map<std::string, log::Record> unstored_;  // by key
};

// Notes what a finished definition says of such tables. Of those that are not `captured` nothing is
// kept.
void NoteMergeTables(const SentStatement& sent, const schema::Statement& statement,
                     const NameFolding& names,
                     const std::function<bool(const TableName&)>& captured, MergeTables& tables);

}  // namespace millrace::ingest

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "millrace/client.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::client {

// Purpose: unpacks rows into messages, for programs that do not know the tables at compile time.
// Fetches the type of a table's rows from the server at the table's first row, and again when a row
// has a field that the type lacks, because the table got a new column. A program for certain tables
// does not need this class: it unpacks rows into classes generated from `millrace proto export`.
//
// Names: by default all rows of a table have its newest type. A renamed column has its new name,
// and dropped columns are deprecated fields. With Names::kAtSequence, rows have the type that the
// table had at the change's sequence, so a change always reads the same.
//
// Example:
//   RowTypes types(client.get());
//   auto row = types.UnpackAfter(change);  // a message of type db.inventory.customers
//
// Performance: one message for each row. A call blocks while it fetches a type: once for each table
// and ALTER TABLE and, with Names::kAtSequence, also for a row that is newer than the last fetch.
// Thread safety: all methods from any thread.
// Ownership: the client must outlive this object, which must outlive the messages that it returns.
// Errors: kNotFound: the server has no such table. kDataLoss: the bytes are not a valid row of
// their type, or have fields that their type at that sequence lacks. kInternal: the server's
// description of the type is broken. Others as GetTable.
class RowTypes {
 public:
  // Type of a row whose table was altered: the newest, or the one at the change's sequence.
  enum class Names { kNewest, kAtSequence };
  explicit RowTypes(const Client* client, Names names = Names::kNewest);
  ~RowTypes();
  RowTypes(const RowTypes&) = delete;
  RowTypes& operator=(const RowTypes&) = delete;

  // Unpacks a row of a change, with the table's newest type. At the first row of each type, calls
  // ListTables to find its table.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Unpack(
      const google::protobuf::Any& row);
  // Unpacks the row before or after a change, which must have it.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> UnpackBefore(const v1::Change& change);
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> UnpackAfter(const v1::Change& change);

  // Unpacks the rows that a change has. If it has both, they have the same type, so that each
  // column is a field of both.
  struct Rows {
    std::unique_ptr<google::protobuf::Message> before;
    std::unique_ptr<google::protobuf::Message> after;
  };
  absl::StatusOr<Rows> UnpackRows(const v1::Change& change);

 private:
  struct TableKey {
    std::string database;
    std::string table;
  };
  struct Generation;
  // A version of a table, and the sequences whose rows are known to have it.
  struct Span {
    uint64_t first = 0;
    uint64_t last = 0;
    const Generation* generation = nullptr;
  };
  struct RowType {
    TableKey key;
    const Generation* newest = nullptr;
    // By version number; used only with Names::kAtSequence.
    std::map<uint32_t, Span> versions;
    bool lacks_history = false;  // an older server only returns newest types
    // Fields that even the server's newest type lacks; they cause no further fetch.
    std::set<int> unexplained;
  };

  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> UnpackRow(
      const google::protobuf::Any& row, const TableKey* key, uint64_t sequence);
  static absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ParseAt(
      const Generation& generation, const google::protobuf::Any& row, uint64_t sequence);
  absl::StatusOr<const Generation*> NewestType(const std::string& name, const TableKey* key);
  absl::StatusOr<const Generation*> TypeAt(const std::string& name, const TableKey& key,
                                           uint64_t sequence);
  absl::StatusOr<const Generation*> Reload(const std::string& name, const std::set<int>& unknown);
  absl::StatusOr<TableKey> FindTable(const std::string& name) const;
  absl::StatusOr<const Generation*> Fetch(const std::string& name, const TableKey& key);

  const Client* const client_;
  const Names names_;
  absl::Mutex mutex_;
  // By full message name.
  std::map<std::string, RowType> types_ ABSL_GUARDED_BY(mutex_);
  // Never shrinks, since messages of an older type may still be in use.
  std::vector<std::unique_ptr<const Generation>> generations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::client

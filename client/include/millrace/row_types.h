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

// Purpose: rows as messages, for programs that know nothing of the tables beforehand. The type of a
// table's rows is fetched from the server when its first row is unpacked, and again when a row has
// a field that the type known so far has not: the table gained a column. A program built for
// certain tables needs none of this: it unpacks into the classes generated from `millrace proto
// export`.
//
// Names: by default all rows of a table have its newest type, in which a renamed column has its new
// name and dropped columns are deprecated fields. With Names::kAtSequence rows of a change have the
// type that the table had at the change's own sequence, so a change reads the same for ever.
//
// Example:
//   RowTypes types(client.get());
//   auto row = types.UnpackAfter(change);  // a message of type db.inventory.customers
//
// Performance: one message each; a fetch per table and ALTER TABLE, which the row that needs it
// waits for. With Names::kAtSequence a fetch also for the first row of a table that is newer than
// the log was at the last fetch.
// Thread safety: all methods from any thread.
// Ownership: the client must outlive this, and this the messages that it gives.
// Errors: kNotFound: the server has no such table. kDataLoss: the bytes are no row of their type.
// Also: it has fields that its type at its sequence lacks. kInternal: the server's description of
// the type is broken. Others as of GetTable.
class RowTypes {
 public:
  // Whose names and types rows of an altered table have.
  enum class Names { kNewest, kAtSequence };
  explicit RowTypes(const Client* client, Names names = Names::kNewest);
  ~RowTypes();
  RowTypes(const RowTypes&) = delete;
  RowTypes& operator=(const RowTypes&) = delete;

  // The row in an Any of a change, in the table's newest type. Asks for the list of tables at the
  // first row of a type.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Unpack(
      const google::protobuf::Any& row);
  // The row before or after a change that has one.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> UnpackBefore(const v1::Change& change);
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> UnpackAfter(const v1::Change& change);

  // Both rows of a change, those that it has, in one and the same type: a column that one of them
  // has is a field of both.
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
  // A version of a table, and the sequences whose rows are known to be of it.
  struct Span {
    uint64_t first = 0;
    uint64_t last = 0;
    const Generation* generation = nullptr;
  };
  struct RowType {
    TableKey key;
    const Generation* newest = nullptr;
    // By number of the version; with Names::kAtSequence alone.
    std::map<uint32_t, Span> versions;
    bool lacks_history = false;  // the server is of an earlier version
    // Fields that the server's newest type did not explain either; not asked for again.
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
  // By full name of the message.
  std::map<std::string, RowType> types_ ABSL_GUARDED_BY(mutex_);
  // Never shrinks, as messages of an older type may still be in use.
  std::vector<std::unique_ptr<const Generation>> generations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::client

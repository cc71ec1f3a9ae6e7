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
// Example:
//   RowTypes types(client.get());
//   auto row = types.UnpackAfter(change);  // a message of type db.inventory.customers
//
// Performance: one message each; a fetch per table and ALTER TABLE, which the row that needs it
// waits for.
// Thread safety: all methods from any thread.
// Ownership: the client must outlive this, and this the messages that it gives.
// Errors: kNotFound: the server has no such table. kDataLoss: the bytes are no row of their type.
// kInternal: the server's description of the type is broken. Others as of GetTable.
class RowTypes {
 public:
  explicit RowTypes(const Client* client);
  ~RowTypes();
  RowTypes(const RowTypes&) = delete;
  RowTypes& operator=(const RowTypes&) = delete;

  // The row in an Any of a change. Asks for the list of tables at the first row of a type.
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
  struct RowType {
    TableKey key;
    const Generation* newest = nullptr;
    // Fields that the server's newest type did not explain either; not asked for again.
    std::set<int> inexplicable;
  };

  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> UnpackRow(
      const google::protobuf::Any& row, const TableKey* key);
  absl::StatusOr<const Generation*> Known(const std::string& name, const TableKey* key);
  absl::StatusOr<const Generation*> Reload(const std::string& name, const std::set<int>& unknown);
  absl::StatusOr<TableKey> Find(const std::string& name) const;
  absl::StatusOr<const Generation*> Fetch(const std::string& name, const TableKey& key);

  const Client* const client_;
  absl::Mutex mutex_;
  // By full name of the message.
  std::map<std::string, RowType> types_ ABSL_GUARDED_BY(mutex_);
  // Never shrinks, as messages of an older type may still be in use.
  std::vector<std::unique_ptr<const Generation>> generations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::client

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "millrace/v1/admin.grpc.pb.h"
#include "system/feed_server.h"

namespace millrace::testing {

// Snapshots of a server as an operator sees them. Follows the server to its new port when it is
// started again. Methods that cannot do their work print why, with the server's log, and abort the
// test; those that answer a StatusOr leave failures to the caller.
class SnapshotAdmin {
 public:
  explicit SnapshotAdmin(FeedServer& server) : server_(server) {}

  // The failure has the name of the ErrorDetail's reason in front of its message.
  absl::StatusOr<v1::Snapshot> Start(const v1::StartSnapshotRequest& request);
  absl::StatusOr<v1::Snapshot> Start(const std::vector<std::string>& tables);
  absl::StatusOr<v1::Snapshot> Pause(const std::string& name);
  absl::StatusOr<v1::Snapshot> Resume(const std::string& name);
  absl::StatusOr<v1::Snapshot> Cancel(const std::string& name);

  // Newest first.
  std::vector<v1::Snapshot> List();
  // The newest one; there must be one.
  v1::Snapshot Newest();
  v1::Snapshot Find(const std::string& name);

  using Condition = std::function<bool(const std::vector<v1::Snapshot>&)>;
  // Asks again and again until `condition` holds; answers what it held for. `what` is for the
  // message.
  std::vector<v1::Snapshot> WaitUntil(const std::string& what, const Condition& condition,
                                      absl::Duration timeout = absl::Minutes(1));
  // Until `count` snapshots or more are known and all are over.
  std::vector<v1::Snapshot> WaitUntilOver(size_t count = 1,
                                          absl::Duration timeout = absl::Minutes(1));
  // Until the snapshot is over; answers it.
  v1::Snapshot WaitUntilOver(const std::string& name, absl::Duration timeout = absl::Minutes(1));
  // Until at least so many rows of the newest snapshot are in the log, or it is over.
  void WaitUntilRead(uint64_t rows, absl::Duration timeout = absl::Minutes(1));

 private:
  v1::Admin::Stub& stub();

  FeedServer& server_;
  std::string address_;
  std::unique_ptr<v1::Admin::Stub> stub_;
};

bool Over(const v1::Snapshot& snapshot);
// Rows in the log, of all its tables.
uint64_t RowsRead(const v1::Snapshot& snapshot);
// The table of that name, `table` alone; aborts if the snapshot has none.
v1::SnapshotTable TableOf(const v1::Snapshot& snapshot, const std::string& table);
// Tables of all snapshots in which `table` is.
std::vector<v1::SnapshotTable> TablesOf(const std::vector<v1::Snapshot>& snapshots,
                                        const std::string& table);
// All snapshots on one line each.
std::string SnapshotsText(const std::vector<v1::Snapshot>& snapshots);

}  // namespace millrace::testing

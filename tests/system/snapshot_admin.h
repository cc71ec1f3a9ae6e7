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

// The snapshots of a server as an operator sees them. After a restart it uses the server's new
// port. Methods that fail print the reason and the server's log and abort the test, except those
// that return a StatusOr.
class SnapshotAdmin {
 public:
  explicit SnapshotAdmin(FeedServer& server) : server_(server) {}

  // A failure message starts with the reason from ErrorDetail.
  absl::StatusOr<v1::Snapshot> Start(const v1::StartSnapshotRequest& request);
  absl::StatusOr<v1::Snapshot> Start(const std::vector<std::string>& tables);
  absl::StatusOr<v1::Snapshot> Pause(const std::string& name);
  absl::StatusOr<v1::Snapshot> Resume(const std::string& name);
  absl::StatusOr<v1::Snapshot> Cancel(const std::string& name);

  // Newest first.
  std::vector<v1::Snapshot> List();
  // The newest one; aborts if there is none.
  v1::Snapshot Newest();
  v1::Snapshot Find(const std::string& name);

  using Condition = std::function<bool(const std::vector<v1::Snapshot>&)>;
  // Polls until `condition` holds; returns the snapshots that fulfil it. `what` is for the message.
  std::vector<v1::Snapshot> WaitUntil(const std::string& what, const Condition& condition,
                                      absl::Duration timeout = absl::Minutes(1));
  // Waits until there are at least `count` snapshots and all are over.
  std::vector<v1::Snapshot> WaitUntilOver(size_t count = 1,
                                          absl::Duration timeout = absl::Minutes(1));
  // Waits until the snapshot is over; returns it.
  v1::Snapshot WaitUntilOver(const std::string& name, absl::Duration timeout = absl::Minutes(1));
  // Waits until the log has at least `rows` rows of the newest snapshot, or the snapshot is over.
  void WaitUntilRead(uint64_t rows, absl::Duration timeout = absl::Minutes(1));

 private:
  v1::Admin::Stub& stub();

  FeedServer& server_;
  std::string address_;
  std::unique_ptr<v1::Admin::Stub> stub_;
};

bool Over(const v1::Snapshot& snapshot);
// Rows of all its tables in the log.
uint64_t RowsRead(const v1::Snapshot& snapshot);
// The table with this name, without database. Aborts if the snapshot does not read it.
v1::SnapshotTable TableOf(const v1::Snapshot& snapshot, const std::string& table);
// The entries for `table` in all snapshots.
std::vector<v1::SnapshotTable> TablesOf(const std::vector<v1::Snapshot>& snapshots,
                                        const std::string& table);
// All snapshots, one line each.
std::string SnapshotsText(const std::vector<v1::Snapshot>& snapshots);

}  // namespace millrace::testing

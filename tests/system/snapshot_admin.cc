// SPDX-License-Identifier: Apache-2.0

#include "system/snapshot_admin.h"

#include <algorithm>
#include <chrono>
#include <iostream>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "grpcpp/grpcpp.h"
#include "system/raw_feed.h"

namespace millrace::testing {
namespace {

constexpr absl::Duration kSnapshotPollInterval = absl::Milliseconds(10);
constexpr std::chrono::seconds kCallTimeout{30};

[[noreturn]] void DieInAdmin(const std::string& what, const std::string& log) {
  std::cerr << "SnapshotAdmin: " << what << "\nthe server's log:\n" << log << std::endl;
  std::abort();
}

// Calls a method that returns a snapshot.
template <typename Request, typename Response>
absl::StatusOr<v1::Snapshot> Call(v1::Admin::Stub& stub,
                                  grpc::Status (v1::Admin::Stub::*method)(grpc::ClientContext*,
                                                                          const Request&,
                                                                          Response*),
                                  const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (status.ok()) return response.snapshot();
  return absl::Status(
      static_cast<absl::StatusCode>(status.error_code()),
      fmt::format("{}: {}", RawFeed::ErrorOf(context).reason(), status.error_message()));
}

template <typename Request>
Request Named(const std::string& name) {
  Request request;
  request.set_snapshot(name);
  return request;
}

}  // namespace

v1::Admin::Stub& SnapshotAdmin::stub() {
  if (stub_ == nullptr || address_ != server_.address()) {
    address_ = server_.address();
    stub_ = v1::Admin::NewStub(grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
  }
  return *stub_;
}

absl::StatusOr<v1::Snapshot> SnapshotAdmin::Start(const v1::StartSnapshotRequest& request) {
  return Call(stub(), &v1::Admin::Stub::StartSnapshot, request);
}

absl::StatusOr<v1::Snapshot> SnapshotAdmin::Start(const std::vector<std::string>& tables) {
  v1::StartSnapshotRequest request;
  for (const std::string& table : tables) request.add_tables(table);
  return Start(request);
}

absl::StatusOr<v1::Snapshot> SnapshotAdmin::Pause(const std::string& name) {
  return Call(stub(), &v1::Admin::Stub::PauseSnapshot, Named<v1::PauseSnapshotRequest>(name));
}

absl::StatusOr<v1::Snapshot> SnapshotAdmin::Resume(const std::string& name) {
  return Call(stub(), &v1::Admin::Stub::ResumeSnapshot, Named<v1::ResumeSnapshotRequest>(name));
}

absl::StatusOr<v1::Snapshot> SnapshotAdmin::Cancel(const std::string& name) {
  return Call(stub(), &v1::Admin::Stub::CancelSnapshot, Named<v1::CancelSnapshotRequest>(name));
}

std::vector<v1::Snapshot> SnapshotAdmin::List() {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  v1::ListSnapshotsResponse response;
  const grpc::Status status = stub().ListSnapshots(&context, {}, &response);
  if (!status.ok()) DieInAdmin(status.error_message(), server_.LogText());
  return {response.snapshots().begin(), response.snapshots().end()};
}

v1::Snapshot SnapshotAdmin::Newest() {
  return WaitUntil("a snapshot begins", [](const auto& all) { return !all.empty(); }).front();
}

v1::Snapshot SnapshotAdmin::Find(const std::string& name) {
  for (const v1::Snapshot& snapshot : List()) {
    if (snapshot.snapshot() == name) return snapshot;
  }
  DieInAdmin("no snapshot has the name " + name, server_.LogText());
}

std::vector<v1::Snapshot> SnapshotAdmin::WaitUntil(const std::string& what,
                                                   const Condition& condition,
                                                   absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    std::vector<v1::Snapshot> snapshots = List();
    if (condition(snapshots)) return snapshots;
    if (absl::Now() > deadline) {
      DieInAdmin(fmt::format("waited {} until {}; snapshots:\n{}", absl::FormatDuration(timeout),
                             what, SnapshotsText(snapshots)),
                 server_.LogText());
    }
    absl::SleepFor(kSnapshotPollInterval);
  }
}

std::vector<v1::Snapshot> SnapshotAdmin::WaitUntilOver(size_t count, absl::Duration timeout) {
  return WaitUntil(
      "all snapshots are over",
      [count](const auto& all) {
        return all.size() >= count && std::all_of(all.begin(), all.end(), Over);
      },
      timeout);
}

v1::Snapshot SnapshotAdmin::WaitUntilOver(const std::string& name, absl::Duration timeout) {
  WaitUntil(
      name + " is over",
      [&name](const auto& all) {
        return std::any_of(all.begin(), all.end(), [&name](const v1::Snapshot& snapshot) {
          return snapshot.snapshot() == name && Over(snapshot);
        });
      },
      timeout);
  return Find(name);
}

void SnapshotAdmin::WaitUntilRead(uint64_t rows, absl::Duration timeout) {
  WaitUntil(
      fmt::format("{} rows are read", rows),
      [rows](const auto& all) {
        return !all.empty() && (Over(all.front()) || RowsRead(all.front()) >= rows);
      },
      timeout);
}

bool Over(const v1::Snapshot& snapshot) {
  return snapshot.state() == v1::Snapshot::STATE_DONE ||
         snapshot.state() == v1::Snapshot::STATE_CANCELED;
}

uint64_t RowsRead(const v1::Snapshot& snapshot) {
  uint64_t rows = 0;
  for (const v1::SnapshotTable& table : snapshot.tables()) rows += table.rows_read();
  return rows;
}

v1::SnapshotTable TableOf(const v1::Snapshot& snapshot, const std::string& table) {
  const auto found = TablesOf({snapshot}, table);
  if (found.empty()) DieInAdmin("the snapshot does not read " + table, snapshot.DebugString());
  return found.front();
}

std::vector<v1::SnapshotTable> TablesOf(const std::vector<v1::Snapshot>& snapshots,
                                        const std::string& table) {
  std::vector<v1::SnapshotTable> tables;
  for (const v1::Snapshot& snapshot : snapshots) {
    for (const v1::SnapshotTable& one : snapshot.tables()) {
      if (one.table() == table) tables.push_back(one);
    }
  }
  return tables;
}

std::string SnapshotsText(const std::vector<v1::Snapshot>& snapshots) {
  std::string text;
  for (const v1::Snapshot& snapshot : snapshots) text += snapshot.ShortDebugString() + "\n";
  return text;
}

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#include "snapshot.h"

#include "fmt/format.h"
#include "json.h"
#include "snapshot_text.h"

namespace millrace::command {
namespace {

absl::Status PrintOne(const Session& session, const v1::Snapshot& snapshot, bool json) {
  if (json) return Print(ToJson(snapshot));
  v1::ListSnapshotsResponse one;
  *one.add_snapshots() = snapshot;
  return Print(SnapshotsText(one.snapshots(), absl::Now(), Paint(session.colour)));
}

// Calls `method` for the named snapshot and prints the returned snapshot.
template <typename Request, typename Response>
absl::Status CallAndPrint(const Session& session, const SnapshotOptions& options,
                          absl::StatusOr<Response> (client::Client::*method)(const Request&)
                              const) {
  Request request;
  request.set_snapshot(options.name);
  const auto response = (session.client->*method)(request);
  if (!response.ok()) return response.status();
  return PrintOne(session, response->snapshot(), options.json);
}

}  // namespace

absl::Status StartSnapshot(const Session& session, const SnapshotOptions& options) {
  v1::StartSnapshotRequest request;
  request.mutable_tables()->Add(options.patterns.begin(), options.patterns.end());
  request.set_where(options.where);
  request.set_key_from(options.key_from);
  request.set_key_to(options.key_to);
  const auto started = session.client->StartSnapshot(request);
  if (!started.ok()) return started.status();
  if (!options.wait) return PrintOne(session, started->snapshot(), options.json);
  SnapshotOptions watched = options;
  watched.name = started->snapshot().snapshot();
  return WatchSnapshots(session, watched);
}

absl::Status ListSnapshots(const Session& session, const SnapshotOptions& options) {
  const auto listed = session.client->ListSnapshots({});
  if (!listed.ok()) return listed.status();
  if (options.json) return Print(ToJson(*listed));
  if (listed->snapshots().empty()) return Print("no snapshot has been taken yet\n");
  return Print(SnapshotsText(listed->snapshots(), absl::Now(), Paint(session.colour)));
}

absl::Status PauseSnapshot(const Session& session, const SnapshotOptions& options) {
  return CallAndPrint(session, options, &client::Client::PauseSnapshot);
}

absl::Status ResumeSnapshot(const Session& session, const SnapshotOptions& options) {
  return CallAndPrint(session, options, &client::Client::ResumeSnapshot);
}

absl::Status CancelSnapshot(const Session& session, const SnapshotOptions& options) {
  return CallAndPrint(session, options, &client::Client::CancelSnapshot);
}

}  // namespace millrace::command

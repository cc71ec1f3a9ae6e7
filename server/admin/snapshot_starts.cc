// SPDX-License-Identifier: Apache-2.0

#include "admin/snapshot_starts.h"

#include <utility>

#include "api/error_map.h"

namespace millrace::admin {

SnapshotStarts::SnapshotStarts(Begin begin) : begin_(std::move(begin)) {}

void SnapshotStarts::Post(const Call& call) {
  calls_.Post([this, call](const absl::Status& refusal) { Run(call, refusal); });
}

void SnapshotStarts::Run(const Call& call, const absl::Status& refusal) const {
  absl::Status status = refusal;
  if (status.ok()) {
    absl::StatusOr<v1::Snapshot> snapshot = begin_(*call.request);
    status = snapshot.status();
    if (status.ok()) *call.response->mutable_snapshot() = *std::move(snapshot);
  }
  // Finishing the call may destroy it.
  call.reactor->Finish(api::ToGrpc(status, *call.context));
}

}  // namespace millrace::admin

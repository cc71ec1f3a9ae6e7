// SPDX-License-Identifier: Apache-2.0

#include "admin/snapshot_starts.h"

#include <utility>

#include "api/error_map.h"
#include "base/error.h"

namespace millrace::admin {
namespace {

// Enough for operators and their scripts; a source that cannot be reached holds each for as long as
// source.connect_timeout.
constexpr size_t kCallsMax = 16;

absl::Status TooManyWait() {
  return MakeError(absl::StatusCode::kUnavailable, "NOT_READY",
                   "many other snapshots are waiting to start; try again in a moment");
}

}  // namespace

SnapshotStarts::SnapshotStarts(Begin begin)
    : begin_(std::move(begin)), calls_(kCallsMax), thread_([this] { Run(); }) {}

SnapshotStarts::~SnapshotStarts() {
  Stop();
  thread_.join();
}

void SnapshotStarts::Post(const Call& call) {
  if (calls_.TryPush(call)) return;
  const absl::Status refusal = stopping_ ? api::StoppingError() : TooManyWait();
  call.reactor->Finish(api::ToGrpc(refusal, *call.context));
}

void SnapshotStarts::Stop() {
  stopping_ = true;
  calls_.Close();
}

void SnapshotStarts::Run() {
  while (const auto call = calls_.Pop()) Answer(*call);
}

void SnapshotStarts::Answer(const Call& call) const {
  absl::StatusOr<v1::Snapshot> snapshot = api::StoppingError();
  if (!stopping_) snapshot = begin_(*call.request);
  const absl::Status status = snapshot.status();
  if (status.ok()) *call.response->mutable_snapshot() = *std::move(snapshot);
  // The call may be gone as soon as it is finished.
  call.reactor->Finish(api::ToGrpc(status, *call.context));
}

}  // namespace millrace::admin

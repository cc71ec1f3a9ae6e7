// SPDX-License-Identifier: Apache-2.0

#include "api/stream_source.h"

#include <climits>
#include <string>
#include <utility>

#include "api/response_bytes.h"
#include "base/error.h"
#include "feed/position.h"
#include "millrace/v1/change_feed.pb.h"

namespace millrace::api {

absl::StatusOr<std::unique_ptr<StreamSource>> StreamSource::Open(const StreamParts& parts,
                                                                 SubscribePlan plan) {
  std::unique_ptr<SnapshotStart> snapshot;
  if (plan.snapshot.has_value()) {
    MILLRACE_ASSIGN_OR_RETURN(
        snapshot, SnapshotStart::Make(parts.snapshots, parts.feed, parts.clock,
                                      std::move(*plan.snapshot), plan.cursor.response_bytes_max));
  }
  return std::unique_ptr<StreamSource>(
      new StreamSource(parts, std::move(plan), std::move(snapshot)));
}

StreamSource::StreamSource(const StreamParts& parts, SubscribePlan plan,
                           std::unique_ptr<SnapshotStart> snapshot)
    : parts_(parts),
      as_json_(plan.json),
      progress_interval_(plan.progress_interval),
      json_(parts.snapshots.registry),
      after_snapshot_(std::move(plan.cursor)),
      snapshot_(std::move(snapshot)) {
  if (snapshot_ == nullptr) cursor_.emplace(parts_.feed, std::move(after_snapshot_));
}

absl::StatusOr<StreamSource::Step> StreamSource::Next(size_t bytes_max, feed::ReadFrom source) {
  Step step;
  if (snapshot_ != nullptr) {
    // The rows are scattered over the log, so they are hardly ever all in memory.
    if (source == feed::ReadFrom::kMemory) return feed::NotInMemory();
    MILLRACE_ASSIGN_OR_RETURN(step, NextOfSnapshot());
  } else {
    MILLRACE_ASSIGN_OR_RETURN(step.delivery, cursor_->Next(bytes_max, source));
    if (step.delivery.ended && !step.delivery.moved) {
      MILLRACE_ASSIGN_OR_RETURN(step.delivery.token,
                                feed::TokenAfter(parts_.feed, cursor_->passed(), source));
    }
  }
  step.in_snapshot = snapshot_ != nullptr;
  step.passed = passed();
  if (as_json_) MILLRACE_RETURN_IF_ERROR(MakeJson(step));
  return step;
}

absl::StatusOr<StreamSource::Step> StreamSource::NextOfSnapshot() {
  Step step;
  MILLRACE_ASSIGN_OR_RETURN(step.delivery, snapshot_->Next());
  if (!step.delivery.moved) step.delivery.token = snapshot_->token();
  step.check_again_at = snapshot_->check_again_at();
  if (step.delivery.ended) {
    after_snapshot_.start = {.after = snapshot_->newest()};
    cursor_.emplace(parts_.feed, std::move(after_snapshot_));
    snapshot_ = nullptr;
    step.delivery.ended = false;
  }
  return step;
}

absl::Status StreamSource::MakeJson(Step& step) {
  feed::Selection& selection = step.delivery.selection;
  if (selection.pieces.empty()) return absl::OkStatus();
  std::string transactions;
  transactions.reserve(selection.bytes);
  for (const feed::Piece& piece : selection.pieces) transactions.append(piece.bytes());
  MILLRACE_ASSIGN_OR_RETURN(const v1::SubscribeResponse response, json_.Convert(transactions));
  // JSON is larger than the row.
  const size_t bytes = response.ByteSizeLong();
  if (bytes > INT_MAX) return ResponseTooLarge(step.passed, bytes);
  selection.pieces.clear();
  selection.pieces.push_back({.frame = nullptr, .view = {}, .owned = response.SerializeAsString()});
  selection.bytes = bytes;
  return absl::OkStatus();
}

}  // namespace millrace::api

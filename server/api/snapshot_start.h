// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/ensure_worker.h"
#include "base/clock.h"
#include "coverage/coverage.h"
#include "feed/catch_up.h"
#include "feed/catch_up_limit.h"
#include "feed/feed.h"
#include "model/table_name.h"
#include "model/token.h"
#include "schema/registry.h"

namespace millrace::api {

// Shared by all streams that start with a snapshot; outlives them.
struct SnapshotParts {
  const coverage::Coverage* coverage;  // null: no table is covered
  const schema::Registry& registry;
  EnsureWorker& ensure;
  feed::CatchUpLimit& limit;
};

// The snapshot part of a stream's request.
struct SnapshotPlan {
  std::vector<std::string> patterns;
  TablePatterns tables;
  // Token of an earlier stream, from the middle of the snapshot or from before its rows.
  std::optional<Token> resume;
};

// The beginning of a stream that starts with a snapshot. Waits until the log holds all rows of the
// tables, then delivers them. Not thread-safe.
class SnapshotStart {
 public:
  // Takes a slot for a catch-up. RESOURCE_EXHAUSTED CATCHUP_LIMIT. `parts`, `feed` and `clock` must
  // outlive the result.
  static absl::StatusOr<std::unique_ptr<SnapshotStart>> Make(const SnapshotParts& parts,
                                                             const feed::Feed& feed,
                                                             const Clock& clock, SnapshotPlan plan,
                                                             size_t response_bytes_max);

  // Like feed::CatchUp::Next; does not move while it waits for tables. After `ended`, the stream
  // continues after newest(). Additional errors: SNAPSHOT_UNAVAILABLE; INVALID_ARGUMENT
  // REQUEST_INVALID (`tables` differ from those of the token), TABLE_UNKNOWN; errors of the source.
  absl::StatusOr<feed::Delivery> Next();

  // The token after everything delivered so far.
  Token token() const;
  // Last change that the snapshot includes.
  Sequence newest() const { return newest_; }
  // While it waits: the steady time of the next check.
  Micros check_again_at() const { return check_again_at_; }

 private:
  SnapshotStart(const SnapshotParts& parts, const feed::Feed& feed, const Clock& clock,
                SnapshotPlan plan, size_t response_bytes_max);
  absl::Status CheckResume();
  absl::Status TryBegin();
  absl::Status BeginOrRequest(Micros now);
  bool AwaitedAreKnown() const;
  bool HasNewMissing(const std::vector<TableName>& missing) const;
  absl::Status CheckTablesKnown() const;
  void Begin(feed::CatchUpTables tables, std::vector<CatchUpPart> parts);

  const SnapshotParts parts_;
  const feed::Feed& feed_;
  const Clock& clock_;
  const SnapshotPlan plan_;
  const size_t response_bytes_max_;
  const uint64_t patterns_digest_;
  std::unique_ptr<feed::CatchUpLimit::Slot> slot_;

  bool requested_ = false;
  std::shared_ptr<EnsureWorker::Result> ensure_result_;  // pending result
  std::set<TableName> missing_when_requested_;
  std::set<TableName> awaited_;
  Micros request_again_at_ = 0;
  Micros check_again_at_ = 0;

  Sequence newest_;
  std::unique_ptr<feed::CatchUp> catch_up_;  // null until all tables are covered
};

}  // namespace millrace::api

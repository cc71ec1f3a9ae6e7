// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/snapshot_start.h"
#include "base/clock.h"
#include "config/server_options.h"
#include "coverage/coverage.h"
#include "feed/cursor.h"
#include "feed/feed.h"
#include "feed/subscriptions.h"
#include "millrace/v1/change_feed.pb.h"
#include "model/flavour.h"
#include "schema/registry.h"

namespace millrace::api {

// A checked request with its start position.
struct SubscribePlan {
  feed::CursorOptions cursor;
  bool json = false;
  Micros progress_interval = 0;
  // Set if rows of a snapshot come first. `cursor.start` is then set after their delivery.
  std::optional<SnapshotPlan> snapshot;
};

// The server's state for checking requests.
struct RequestContext {
  const feed::Feed& feed;
  const feed::Subscriptions& subscriptions;
  const schema::Registry& registry;
  const ServerOptions& options;
  const coverage::Coverage* coverage = nullptr;  // null: no snapshots
  feed::ReadFrom source = feed::ReadFrom::kDisk;
  const Clock& clock = Clock::System();
};

// Errors: see the table in error.proto; also feed::NotInMemory.
absl::StatusOr<SubscribePlan> PlanSubscribe(const v1::SubscribeRequest& request,
                                            const RequestContext& context);

// Converts the time of a request.
absl::StatusOr<Micros> MicrosOf(const google::protobuf::Timestamp& time, std::string_view field);
// The place of a GTID set of the source's flavour.
absl::StatusOr<feed::Place> PlaceOfGtidSet(const feed::Feed& feed, Flavour flavour,
                                           std::string_view text, feed::ReadFrom source);
// The place of EARLIEST or LATEST.
absl::StatusOr<feed::Place> PlaceOfStartPoint(const feed::Feed& feed, v1::StartPoint point,
                                              feed::ReadFrom source);

}  // namespace millrace::api

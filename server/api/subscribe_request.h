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

// A subscription as asked for, checked and with its place found.
struct SubscribePlan {
  feed::CursorOptions cursor;
  bool json = false;
  Micros progress_interval = 0;
  // If the rows of a snapshot come first; `cursor.start` is known behind them.
  std::optional<SnapshotPlan> snapshot;
};

// What requests are checked against.
struct RequestContext {
  const feed::Feed& feed;
  const feed::Subscriptions& subscriptions;
  const schema::Registry& registry;
  const ServerOptions& options;
  const coverage::Coverage* coverage = nullptr;  // null: there are no snapshots
  feed::ReadFrom source = feed::ReadFrom::kDisk;
  const Clock& clock = Clock::System();
};

// Errors as the table in error.proto, and feed::NotInMemory.
absl::StatusOr<SubscribePlan> PlanSubscribe(const v1::SubscribeRequest& request,
                                            const RequestContext& context);

// A place named by time.
absl::StatusOr<Micros> MicrosOf(const google::protobuf::Timestamp& time, std::string_view field);
// A place named by a GTID set of the source's flavour.
absl::StatusOr<feed::Place> PlaceOfGtidSet(const feed::Feed& feed, Flavour flavour,
                                           std::string_view text, feed::ReadFrom source);
// EARLIEST or LATEST.
absl::StatusOr<feed::Place> PlaceOfStartPoint(const feed::Feed& feed, v1::StartPoint point,
                                              feed::ReadFrom source);

}  // namespace millrace::api

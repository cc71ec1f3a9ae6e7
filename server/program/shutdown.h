// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "admin/admin_service.h"
#include "admin/metrics_endpoint.h"
#include "api/server.h"
#include "ingest/ingest.h"
#include "mirror/mirrors.h"
#include "snapshot/snapshots.h"
#include "snapshot/stream_tasks.h"

namespace millrace::program {

// The parts that have threads.
struct Running {
  ingest::Ingest& ingest;
  mirror::Mirrors& mirrors;
  snapshot::StreamTasks& tasks;
  snapshot::Snapshots& snapshots;
  admin::AdminService& admin;
  api::Server& server;
  admin::MetricsEndpoint* metrics;  // null: not configured
};

// Stops all parts in order. False if a part hangs: an attempt to connect to the source or to Kafka,
// or a client connection that sends or receives nothing. No hanging part has data that is not on
// disk.
bool StopInOrder(const Running& running);

}  // namespace millrace::program

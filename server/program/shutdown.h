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

// What has threads.
struct Running {
  ingest::Ingest& ingest;
  mirror::Mirrors& mirrors;
  snapshot::StreamTasks& tasks;
  snapshot::Snapshots& snapshots;
  admin::AdminService& admin;
  api::Server& server;
  admin::MetricsEndpoint* metrics;  // null: there is none
};

// False if something hangs: an attempt to connect to the source or to Kafka, or the connection of
// a client that asks or takes nothing. None holds anything that is not on disk.
bool StopInOrder(const Running& running);

}  // namespace millrace::program

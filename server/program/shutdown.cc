// SPDX-License-Identifier: Apache-2.0

#include "program/shutdown.h"

#include "absl/time/time.h"

namespace millrace::program {
namespace {

// In addition to the grace period of streams (server.shutdown_grace). The rest of the stop takes
// less than three seconds.
constexpr absl::Duration kIngestStopGrace = absl::Milliseconds(800);
constexpr absl::Duration kReadersStopGrace = absl::Milliseconds(200);
constexpr absl::Duration kMirrorStopGrace = absl::Milliseconds(800);
constexpr absl::Duration kMetricsStopGrace = absl::Milliseconds(100);

}  // namespace

bool StopInOrder(const Running& running) {
  if (running.metrics != nullptr) running.metrics->RequestStop();
  running.ingest.RequestStop();
  running.mirrors.RequestStop();
  running.tasks.Close();
  // A running task may be reading a table. Stopping the readers also ends such a task.
  running.snapshots.StopWithin(absl::ZeroDuration());
  running.admin.Stop();
  const bool server_stopped = running.server.StopInTime();
  const bool ingest_stopped = running.ingest.StopWithin(kIngestStopGrace);
  const bool readers_stopped = running.snapshots.StopWithin(kReadersStopGrace);
  const bool mirrors_stopped = running.mirrors.StopWithin(kMirrorStopGrace);
  const bool metrics_stopped =
      running.metrics == nullptr || running.metrics->StopWithin(kMetricsStopGrace);
  return server_stopped && ingest_stopped && readers_stopped && mirrors_stopped && metrics_stopped;
}

}  // namespace millrace::program

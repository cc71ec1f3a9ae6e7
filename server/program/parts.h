// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "admin/admin_parts.h"
#include "admin/admin_service.h"
#include "admin/metrics_endpoint.h"
#include "api/certificates.h"
#include "api/server.h"
#include "api/stream_list.h"
#include "base/clock.h"
#include "config/config.h"
#include "coverage/coverage.h"
#include "feed/commit_times.h"
#include "feed/disk_readers.h"
#include "feed/feed.h"
#include "feed/subscriptions.h"
#include "ingest/ingest.h"
#include "listener/connections.h"
#include "log/log.h"
#include "mirror/mirrors.h"
#include "mysql/source_pool.h"
#include "program/failure.h"
#include "schema/registry.h"
#include "snapshot/snapshots.h"
#include "snapshot/stream_tasks.h"
#include "snapshot/unseen_tables.h"

namespace millrace::program {

// The parts of a server. Each is built from those before it; they are destroyed in reverse order.
// Used by one thread, which must have called BlockSignals.
class Parts {
 public:
  // Both must outlive the parts.
  Parts(const Config& config, const Clock& clock);

  // Builds all parts and starts to serve clients. Call it once. After a failure the object can only
  // be destroyed.
  std::optional<Failure> Build();
  // Starts reading the source and feeding the mirror.
  void Start();
  // Handles SIGHUP.
  void Reload();
  // False if a part hangs, see StopInOrder. Then the process must exit without destroying the
  // parts.
  bool Stop();

 private:
  // The steps of Build, in order.
  absl::Status OpenLog();
  absl::Status MakeMirrors();
  absl::Status OpenSnapshots();
  absl::Status MakeIngest();
  absl::Status StartServer();

  admin::AdminParts ForAdmin();

  const Config& config_;
  const Clock& clock_;

  std::unique_ptr<api::Certificates> certificates_;
  std::optional<listener::Connections> connections_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<schema::Registry> registry_;
  std::unique_ptr<feed::Subscriptions> subscriptions_;
  std::optional<feed::Feed> feed_;

  mirror::Mirrors mirrors_;

  api::StreamList streams_;
  std::unique_ptr<coverage::Coverage> coverage_;
  SourcePool source_;
  snapshot::StreamTasks tasks_;
  std::unique_ptr<snapshot::Snapshots> snapshots_;

  std::unique_ptr<ingest::Ingest> ingest_;

  std::optional<snapshot::UnseenTables> unseen_;
  std::optional<feed::DiskReaders> disk_;
  std::optional<feed::CommitTimes> commit_times_;
  std::optional<admin::AdminService> admin_;
  std::unique_ptr<api::Server> server_;
  std::unique_ptr<admin::MetricsEndpoint> metrics_;  // null: not configured
};

}  // namespace millrace::program

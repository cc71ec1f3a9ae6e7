// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "api/certificates.h"
#include "api/change_feed_service.h"
#include "api/ensure_worker.h"
#include "api/reflection_service.h"
#include "api/serving_threads.h"
#include "api/stream_list.h"
#include "base/clock.h"
#include "config/server_options.h"
#include "coverage/coverage.h"
#include "feed/catch_up_limit.h"
#include "feed/disk_readers.h"
#include "feed/feed.h"
#include "feed/row_types.h"
#include "feed/subscriptions.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "listener/connections.h"
#include "listener/listener.h"
#include "schema/registry.h"

namespace millrace::api {

// The gRPC server with ChangeFeed, health, reflection, and the given services. Owns its threads.
class Server {
 public:
  // All must outlive the server. The server also stops `disk`.
  struct Parts {
    const ServerOptions& options;
    feed::Feed& feed;
    feed::Subscriptions& subscriptions;
    const schema::Registry& registry;
    const Clock& clock;
    SourceTime source_time;
    StreamList& streams;
    feed::DiskReaders& disk;
    listener::Connections& connections;
    // Additional services by full name; reflection lists them.
    std::vector<std::pair<std::string, grpc::Service*>> services;
    // For streams that start with a snapshot. Null: they fail with SNAPSHOT_UNAVAILABLE.
    const coverage::Coverage* coverage = nullptr;
    EnsureCovered ensure = nullptr;
    // For ListTables with `ask_source`. Null: ListTables reads only the log.
    LearnTables learn_tables = nullptr;
    // The server's certificates. Null only without `options.tls`: plain text.
    const Certificates* certificates = nullptr;
  };
  // Listens. kUnavailable LISTEN_FAILED: the address is in use or not local.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Parts& parts);
  ~Server();

  // The bound port; 0 for a Unix socket.
  int port() const { return port_; }
  // Sets the health status: SERVING while the feed is readable.
  void SetServing(bool serving);
  // Ends all streams with UNAVAILABLE STOPPING after their current responses, then the server.
  // False if it has not ended within the configured grace period plus 700 ms: gRPC keeps a call
  // until its connection has taken or refused the written bytes, which can take as long as the
  // keepalive. Stop and the destructor then continue to wait.
  bool StopInTime();
  // The same without a limit. May be called again.
  void Stop();

 private:
  explicit Server(const Parts& parts);
  absl::Status Listen(const Parts& parts);
  void StartStopping();

  const ServerOptions& options_;
  feed::DiskReaders& disk_;
  feed::RowTypes row_types_;
  feed::CatchUpLimit catch_up_limit_;
  EnsureWorker ensure_;
  ServingThreads threads_;
  ChangeFeedService change_feed_;
  Reflection reflection_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<listener::Listener> listener_;
  int port_ = 0;
  absl::Notification ended_;
  std::thread stopper_;
};

}  // namespace millrace::api

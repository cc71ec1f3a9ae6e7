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

// The gRPC server: ChangeFeed, health, reflection, and the services it is given. Owns its threads.
class Server {
 public:
  // All must outlive it. `disk` is stopped with it.
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
    // Further services, by full name, for reflection to list.
    std::vector<std::pair<std::string, grpc::Service*>> services;
    // For streams that start with a snapshot; null refuses them with SNAPSHOT_UNAVAILABLE.
    const coverage::Coverage* coverage = nullptr;
    EnsureCovered ensure = nullptr;
    // For ListTables with `ask_source`; null: ListTables reads the log alone.
    LearnTables learn_tables = nullptr;
    // What to show to clients. Null only without `options.tls`: plain text.
    const Certificates* certificates = nullptr;
  };
  // Listens. kUnavailable LISTEN_FAILED: the address is taken or not ours.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Parts& parts);
  ~Server();

  // Port that was bound; 0 for a Unix socket.
  int port() const { return port_; }
  // What health tells: SERVING while the feed can be read.
  void SetServing(bool serving);
  // Ends all streams with UNAVAILABLE STOPPING after what they are sending, then the server. False
  // if it has not ended by the configured grace period and a second: gRPC holds
  // a call until its connection has taken or refused what was written, and that can take as long as
  // the keepalive. Then Stop goes on waiting, and so does the destructor.
  bool StopInTime();
  // The same without limit. May be called again.
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

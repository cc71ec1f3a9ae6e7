// SPDX-License-Identifier: Apache-2.0

#include "api/server.h"

#include <utility>
#include <vector>

#include "api/credentials.h"
#include "api/grpc_log.h"
#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/server_builder.h"

namespace millrace::api {
namespace {

// More threads would only take cores from the ingest threads.
constexpr size_t kServingThreads = 2;
// Requests are small; a larger one is an attack or a mistake.
constexpr int kRequestBytesMax = 1 << 20;
// gRPC's memory for connections and calls. Above it gRPC closes idle connections, then ends
// streams. Listener closes flooding connections long before.
constexpr size_t kGrpcBytesMax = size_t{512} << 20;
// After the grace period of streams: time for calls to end by themselves, then for gRPC to end
// them.
constexpr std::chrono::milliseconds kCancelAfter(500);
constexpr absl::Duration kEndAfterCancel = absl::Milliseconds(200);

absl::Status ListenFailed(const ServerOptions& options, std::string_view why) {
  return MakeError(reason::kListenFailed,
                   fmt::format("cannot listen on {}: {}; change server.listen, or find the process "
                               "that uses the address with "
                               "ss -ltnp",
                               options.listen, why));
}

std::vector<std::string> ServiceNames(const Server::Parts& parts) {
  std::vector<std::string> names{v1::ChangeFeed::service_full_name()};
  for (const auto& [name, service] : parts.services) names.push_back(name);
  names.emplace_back("grpc.health.v1.Health");
  names.emplace_back("grpc.reflection.v1.ServerReflection");
  names.emplace_back("grpc.reflection.v1alpha.ServerReflection");
  return names;
}

void SetLimits(grpc::ServerBuilder& builder, const ServerOptions& options) {
  builder.SetMaxReceiveMessageSize(kRequestBytesMax);
  builder.SetMaxSendMessageSize(-1);
  const auto milliseconds = [](Micros time) { return static_cast<int>(time / 1000); };
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(options.streams_per_connection_max));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(options.keepalive_interval));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             milliseconds(options.keepalive_timeout));
  // By default, gRPC pings a connection without calls, and lets its client ping, only every two
  // hours.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // The limit for the TLS handshake and the client's HTTP/2 settings.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             milliseconds(options.handshake_timeout));
  builder.SetResourceQuota(grpc::ResourceQuota("millraced").Resize(kGrpcBytesMax));
  // Clients may ping, but at most every ten seconds.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
}

}  // namespace

Server::Server(const Parts& parts)
    : options_(parts.options),
      disk_(parts.disk),
      row_types_(parts.registry),
      catch_up_limit_(parts.options),
      // A stream has one request at a time; a closed stream may leave one behind.
      ensure_(parts.ensure, size_t{2} * parts.options.catchups_max),
      threads_(parts.feed, parts.clock, kServingThreads),
      change_feed_({.streams = {.feed = parts.feed,
                                .row_types = row_types_,
                                .threads = threads_,
                                .disk = parts.disk,
                                .streams = parts.streams,
                                .clock = parts.clock,
                                .source_time = parts.source_time,
                                .snapshots = {.coverage = parts.coverage,
                                              .registry = parts.registry,
                                              .ensure = ensure_,
                                              .limit = catch_up_limit_}},
                    .subscriptions = parts.subscriptions,
                    .registry = parts.registry,
                    .options = parts.options,
                    .learn_tables = parts.learn_tables}),
      reflection_(row_types_, ServiceNames(parts)) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Parts& parts) {
  RouteGrpcLog();
  std::unique_ptr<Server> server(new Server(parts));
  const absl::Status listening = server->Listen(parts);
  if (!listening.ok()) {
    server->Stop();
    return listening;
  }
  return server;
}

absl::Status Server::Listen(const Parts& parts) {
  // Never use plain text if TLS is configured.
  MILLRACE_CHECK(options_.tls.certificate.empty() || parts.certificates != nullptr);
  auto listener =
      listener::Listener::Open(options_.listen, !options_.tls.certificate.empty(),
                               options_.keepalive_timeout, parts.connections, parts.clock);
  if (!listener.ok()) return ListenFailed(options_, std::string(listener.status().message()));
  listener_ = *std::move(listener);
  port_ = listener_->port();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  SetLimits(builder, options_);
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      MakeCredentials(parts.certificates));
  builder.RegisterService(&change_feed_);
  for (const auto& [name, service] : parts.services) builder.RegisterService(service);
  for (grpc::Service* service : reflection_.services()) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return ListenFailed(options_, "gRPC does not start; see the log");
  SetServing(false);
  listener_->Start([this](int listening, int connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.listener_fd = listening;
    parameters.fd = connection;
    acceptor_->HandleNewConnection(&parameters);
  });
  return absl::OkStatus();
}

void Server::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  health->SetServingStatus(serving);
  health->SetServingStatus(v1::ChangeFeed::service_full_name(), serving);
}

void Server::StartStopping() {
  if (stopper_.joinable() || ended_.HasBeenNotified()) return;
  change_feed_.RequestStop();
  disk_.RequestStop();
  threads_.EndStreams(options_.shutdown_grace);
  stopper_ = std::thread([this] {
    // The listener stops first: gRPC neither takes nor closes connections once it is shut down.
    if (listener_ != nullptr) listener_->Stop();
    if (server_ != nullptr) {
      // Cancels the remaining calls. The serving threads must still run, because a call ends only
      // when its stream finishes it.
      server_->Shutdown(std::chrono::system_clock::now() + kCancelAfter);
      server_->Wait();
    }
    threads_.Stop();
    // Reads for closed streams may use any part of the server.
    disk_.Stop();
    ensure_.Stop();
    ended_.Notify();
  });
}

bool Server::StopInTime() {
  StartStopping();
  return ended_.WaitForNotificationWithTimeout(absl::FromChrono(kCancelAfter) + kEndAfterCancel);
}

void Server::Stop() {
  StartStopping();
  if (stopper_.joinable()) stopper_.join();
}

Server::~Server() { Stop(); }

}  // namespace millrace::api

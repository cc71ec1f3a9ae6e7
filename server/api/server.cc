// SPDX-License-Identifier: Apache-2.0

#include "api/server.h"

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "api/grpc_log.h"
#include "base/error.h"
#include "fmt/format.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace millrace::api {
namespace {

// More would only share the cores with the ingest threads.
constexpr size_t kServingThreads = 2;
// Requests are small; what is larger is an attack or a mistake.
constexpr int kRequestBytesMax = 1 << 20;
// After the grace period of streams: for calls to end by themselves, then for gRPC to end them.
constexpr std::chrono::milliseconds kCancelAfter(500);
constexpr absl::Duration kEndAfterCancel = absl::Milliseconds(200);

absl::StatusOr<std::string> ReadPem(const std::string& path, std::string_view key) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good() || text.str().empty()) {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "TLS_FILE_UNREADABLE",
        fmt::format("{}: cannot read '{}'; it must be a PEM file that this user may read", key,
                    path));
  }
  return text.str();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(const ServerTlsOptions& tls) {
  if (tls.certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      tls.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                            : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  MILLRACE_ASSIGN_OR_RETURN(pair.cert_chain, ReadPem(tls.certificate, "server.tls.certificate"));
  MILLRACE_ASSIGN_OR_RETURN(pair.private_key, ReadPem(tls.key, "server.tls.key"));
  if (!tls.client_ca.empty()) {
    MILLRACE_ASSIGN_OR_RETURN(options.pem_root_certs,
                              ReadPem(tls.client_ca, "server.tls.client_ca"));
  }
  options.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(options);
}

// Whether a server with them can start, tried at an address that is free.
bool CanStart(const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  // A server without any service does not start.
  grpc::CallbackGenericService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", credentials, &port);
  builder.RegisterCallbackGenericService(&service);
  return builder.BuildAndStart() != nullptr && port != 0;
}

// Why the server does not start with `credentials`.
absl::Status ListenFailed(const ServerOptions& options,
                          const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  const ServerTlsOptions& tls = options.tls;
  // Where there is no such address, the trial says nothing of the files.
  const bool files_fail = !tls.certificate.empty() && !CanStart(credentials) &&
                          CanStart(grpc::InsecureServerCredentials());
  if (files_fail) {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "TLS_FILE_UNREADABLE",
        fmt::format("server.tls.certificate '{}' and server.tls.key '{}' cannot be used: they must "
                    "be a certificate and its own key, and server.tls.client_ca certificates, all "
                    "in PEM form",
                    tls.certificate, tls.key));
  }
  return MakeError(
      absl::StatusCode::kUnavailable, "LISTEN_FAILED",
      fmt::format("cannot listen on {}: the address is taken or is none of this machine; set "
                  "server.listen, or see what holds it with ss -ltnp",
                  options.listen));
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
  // Clients may ask whether we live, but not more often than every ten seconds.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  // Two servers must not share a port by accident.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

Server::Server(const Parts& parts)
    : options_(parts.options),
      disk_(parts.disk),
      row_types_(parts.registry),
      catch_up_limit_(parts.options),
      // A stream asks one question at a time; one that has gone may leave a question behind.
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
  MILLRACE_ASSIGN_OR_RETURN(const auto credentials, Credentials(options_.tls));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  SetLimits(builder, options_);
  builder.AddListeningPort(options_.listen, credentials, &port_);
  builder.RegisterService(&change_feed_);
  for (const auto& [name, service] : parts.services) builder.RegisterService(service);
  for (grpc::Service* service : reflection_.services()) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || (port_ == 0 && options_.listen.rfind("unix:", 0) != 0)) {
    return ListenFailed(options_, credentials);
  }
  SetServing(false);
  return absl::OkStatus();
}

void Server::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  health->SetServingStatus(serving);
  health->SetServingStatus(v1::ChangeFeed::service_full_name(), serving);
}

void Server::BeginToStop() {
  if (stopper_.joinable() || ended_.HasBeenNotified()) return;
  change_feed_.RequestStop();
  disk_.RequestStop();
  threads_.EndStreams(options_.shutdown_grace);
  stopper_ = std::thread([this] {
    if (server_ != nullptr) {
      // Cancels what is left. The serving threads must still run: a call is over only once its
      // stream says so.
      server_->Shutdown(std::chrono::system_clock::now() + kCancelAfter);
      server_->Wait();
    }
    threads_.Stop();
    // What reads for streams that have gone may use any part of the server.
    disk_.Stop();
    ensure_.Stop();
    ended_.Notify();
  });
}

bool Server::StopInTime() {
  BeginToStop();
  return ended_.WaitForNotificationWithTimeout(absl::FromChrono(kCancelAfter) + kEndAfterCancel);
}

void Server::Stop() {
  BeginToStop();
  if (stopper_.joinable()) stopper_.join();
}

Server::~Server() { Stop(); }

}  // namespace millrace::api

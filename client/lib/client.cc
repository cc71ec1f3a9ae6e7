// SPDX-License-Identifier: Apache-2.0

#include "millrace/client.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "millrace/error.h"

namespace millrace::client {
namespace {

// Detects a dead peer within 40 s. The server accepts a ping every 10 s.
constexpr int kKeepaliveTimeMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;

// gRPC's default wait before it reconnects, up to two minutes, is longer than our backoff.
constexpr int kRedialInitialMs = 100;
constexpr int kRedialMaxMs = 1'000;
constexpr int kDialTimeoutMs = 10'000;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good() && !file.eof()) {
    return absl::NotFoundError(fmt::format("cannot read {}", path));
  }
  return text.str();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(
    const std::optional<TlsOptions>& tls) {
  if (!tls.has_value()) return grpc::InsecureChannelCredentials();
  if (tls->certificate_file.empty() != tls->key_file.empty()) {
    return absl::InvalidArgumentError(
        "a client certificate and its key must both be set, or none of them");
  }
  grpc::SslCredentialsOptions options;
  for (const auto& [path, target] : {std::pair(&tls->ca_file, &options.pem_root_certs),
                                     std::pair(&tls->certificate_file, &options.pem_cert_chain),
                                     std::pair(&tls->key_file, &options.pem_private_key)}) {
    absl::StatusOr<std::string> text = ReadFile(*path);
    if (!text.ok()) return text.status();
    *target = *std::move(text);
  }
  return grpc::SslCredentials(options);
}

grpc::ChannelArguments MakeArguments(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  // A row may have hundreds of megabytes; the server limits the size of responses.
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kRedialInitialMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kRedialMaxMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kDialTimeoutMs);
  if (options.tls.has_value() && !options.tls->server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls->server_name);
  }
  return arguments;
}

// Calls `method` of `stub`.
template <typename Response, typename Stub, typename Request, typename Method>
absl::StatusOr<Response> Call(Stub& stub, Method method, const Request& request,
                              absl::Duration timeout) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return ToAbslStatus(status, context);
  return response;
}

}  // namespace

Client::Client(std::shared_ptr<v1::ChangeFeed::StubInterface> feed,
               std::shared_ptr<v1::Admin::StubInterface> admin, absl::Duration call_timeout,
               std::string client_name)
    : feed_(std::move(feed)),
      admin_(std::move(admin)),
      call_timeout_(call_timeout),
      client_name_(std::move(client_name)) {}

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const ClientOptions& options) {
  auto credentials = MakeCredentials(options.tls);
  if (!credentials.ok()) return credentials.status();
  const auto channel =
      grpc::CreateCustomChannel(options.address, *credentials, MakeArguments(options));
  return std::make_unique<Client>(v1::ChangeFeed::NewStub(channel), v1::Admin::NewStub(channel),
                                  options.call_timeout, options.client_name);
}

std::unique_ptr<Subscription> Client::Subscribe(SubscribeOptions options) const {
  v1::SubscribeRequest& request = options.request;
  if (request.client_name().empty()) request.set_client_name(client_name_);
  return std::make_unique<Subscription>(feed_, std::move(options));
}

absl::StatusOr<v1::ListTablesResponse> Client::ListTables(
    const v1::ListTablesRequest& request) const {
  return Call<v1::ListTablesResponse>(*feed_, &v1::ChangeFeed::StubInterface::ListTables, request,
                                      call_timeout_);
}

absl::StatusOr<v1::GetTableResponse> Client::GetTable(const v1::GetTableRequest& request) const {
  return Call<v1::GetTableResponse>(*feed_, &v1::ChangeFeed::StubInterface::GetTable, request,
                                    call_timeout_);
}

absl::StatusOr<v1::GetPositionResponse> Client::GetPosition(
    const v1::GetPositionRequest& request) const {
  return Call<v1::GetPositionResponse>(*feed_, &v1::ChangeFeed::StubInterface::GetPosition, request,
                                       call_timeout_);
}

absl::StatusOr<v1::CommitPositionResponse> Client::CommitPosition(
    const v1::CommitPositionRequest& request) const {
  return Call<v1::CommitPositionResponse>(*feed_, &v1::ChangeFeed::StubInterface::CommitPosition,
                                          request, call_timeout_);
}

absl::StatusOr<v1::ListSubscriptionsResponse> Client::ListSubscriptions(
    const v1::ListSubscriptionsRequest& request) const {
  return Call<v1::ListSubscriptionsResponse>(
      *feed_, &v1::ChangeFeed::StubInterface::ListSubscriptions, request, call_timeout_);
}

absl::StatusOr<v1::DeleteSubscriptionResponse> Client::DeleteSubscription(
    const v1::DeleteSubscriptionRequest& request) const {
  return Call<v1::DeleteSubscriptionResponse>(
      *feed_, &v1::ChangeFeed::StubInterface::DeleteSubscription, request, call_timeout_);
}

absl::StatusOr<v1::GetStatusResponse> Client::GetStatus(const v1::GetStatusRequest& request) const {
  return Call<v1::GetStatusResponse>(*admin_, &v1::Admin::StubInterface::GetStatus, request,
                                     call_timeout_);
}

absl::StatusOr<v1::StartSnapshotResponse> Client::StartSnapshot(
    const v1::StartSnapshotRequest& request) const {
  return Call<v1::StartSnapshotResponse>(*admin_, &v1::Admin::StubInterface::StartSnapshot, request,
                                         call_timeout_);
}

absl::StatusOr<v1::PauseSnapshotResponse> Client::PauseSnapshot(
    const v1::PauseSnapshotRequest& request) const {
  return Call<v1::PauseSnapshotResponse>(*admin_, &v1::Admin::StubInterface::PauseSnapshot, request,
                                         call_timeout_);
}

absl::StatusOr<v1::ResumeSnapshotResponse> Client::ResumeSnapshot(
    const v1::ResumeSnapshotRequest& request) const {
  return Call<v1::ResumeSnapshotResponse>(*admin_, &v1::Admin::StubInterface::ResumeSnapshot,
                                          request, call_timeout_);
}

absl::StatusOr<v1::CancelSnapshotResponse> Client::CancelSnapshot(
    const v1::CancelSnapshotRequest& request) const {
  return Call<v1::CancelSnapshotResponse>(*admin_, &v1::Admin::StubInterface::CancelSnapshot,
                                          request, call_timeout_);
}

absl::StatusOr<v1::ListSnapshotsResponse> Client::ListSnapshots(
    const v1::ListSnapshotsRequest& request) const {
  return Call<v1::ListSnapshotsResponse>(*admin_, &v1::Admin::StubInterface::ListSnapshots, request,
                                         call_timeout_);
}

absl::StatusOr<v1::PauseMirrorResponse> Client::PauseMirror(
    const v1::PauseMirrorRequest& request) const {
  return Call<v1::PauseMirrorResponse>(*admin_, &v1::Admin::StubInterface::PauseMirror, request,
                                       call_timeout_);
}

absl::StatusOr<v1::ResumeMirrorResponse> Client::ResumeMirror(
    const v1::ResumeMirrorRequest& request) const {
  return Call<v1::ResumeMirrorResponse>(*admin_, &v1::Admin::StubInterface::ResumeMirror, request,
                                        call_timeout_);
}

absl::StatusOr<v1::RewindMirrorResponse> Client::RewindMirror(
    const v1::RewindMirrorRequest& request) const {
  return Call<v1::RewindMirrorResponse>(*admin_, &v1::Admin::StubInterface::RewindMirror, request,
                                        call_timeout_);
}

}  // namespace millrace::client

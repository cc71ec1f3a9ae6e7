// SPDX-License-Identifier: Apache-2.0

#include "api/credentials.h"

#include "api/certificates.h"
#include "api/grpc_log.h"
#include "api/invalid_addresses.h"
#include "base/error.h"
#include "base/reason.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

namespace millrace::api {
namespace {

// The shortest interval that gRPC supports.
constexpr unsigned kRefreshSeconds = 1;

constexpr auto kVerifyClients = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;

// Whether a server with `credentials` starts. Tries it briefly on a local port.
bool ServerStarts(const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  // A server without a service does not start.
  grpc::CallbackGenericService service;
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&service);
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", credentials, &port);
  return builder.BuildAndStart() != nullptr && port != 0;
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeCredentials(const Certificates* certificates) {
  if (certificates == nullptr || !certificates->has_server_tls()) {
    return grpc::InsecureServerCredentials();
  }
  RefuseInvalidAddresses();
  namespace tls = grpc::experimental;
  // The same path twice, so that gRPC cannot read the key of one certificate and then another
  // certificate.
  tls::TlsServerCredentialsOptions options(std::make_shared<tls::FileWatcherCertificateProvider>(
      certificates->identity_path(), certificates->identity_path(), certificates->client_ca_path(),
      kRefreshSeconds));
  options.watch_identity_key_cert_pairs();
  if (!certificates->client_ca_path().empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(kVerifyClients);
  }
  return tls::TlsServerCredentials(options);
}

absl::Status TryServerTls(const ServerTls& tls) {
  RouteGrpcLog();
  // These credentials parse the same text, but report errors immediately; those of MakeCredentials
  // do not.
  grpc::SslServerCredentialsOptions options(
      tls.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE : kVerifyClients);
  options.pem_root_certs = tls.client_ca;
  options.pem_key_cert_pairs.push_back({.private_key = tls.identity, .cert_chain = tls.identity});
  // A failure that keeps any server from starting, such as too few descriptors, is not an error in
  // the files.
  if (ServerStarts(grpc::SslServerCredentials(options)) ||
      !ServerStarts(grpc::InsecureServerCredentials())) {
    return absl::OkStatus();
  }
  return MakeError(reason::kTlsFileUnreadable,
                   "gRPC cannot use the files of server.tls; its own messages are in the log at "
                   "logging.level: debug");
}

}  // namespace millrace::api

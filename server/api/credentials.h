// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/status.h"
#include "api/tls_files.h"
#include "grpcpp/security/server_credentials.h"

namespace millrace::api {

class Certificates;

// The credentials of the server. Plain text if `certificates` is null or has no TLS. Otherwise TLS
// 1.2 or 1.3 with the newest of `certificates`, which must outlive the server. With client
// authorities, only clients with a certificate signed by them may connect.
std::shared_ptr<grpc::ServerCredentials> MakeCredentials(const Certificates* certificates);

// Whether gRPC accepts `tls`; tries it on a temporary server.
absl::Status TryServerTls(const ServerTls& tls);

}  // namespace millrace::api

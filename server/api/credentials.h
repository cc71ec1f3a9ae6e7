// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "absl/status/status.h"
#include "api/tls_files.h"
#include "grpcpp/security/server_credentials.h"

namespace millrace::api {

class Certificates;

// What a server listens with. `certificates` null or without TLS: plain text. Otherwise TLS 1.2 or
// 1.3 with the newest of `certificates`, which must outlive the server; with client authorities
// only clients whose certificate they signed are let in.
std::shared_ptr<grpc::ServerCredentials> MakeCredentials(const Certificates* certificates);

// Whether gRPC takes `tls`, tried on a server that listens nowhere.
// kInvalidArgument TLS_FILE_UNREADABLE: it does not.
absl::Status TryServerTls(const ServerTls& tls);

}  // namespace millrace::api

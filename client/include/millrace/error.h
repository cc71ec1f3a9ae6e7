// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "millrace/v1/error.pb.h"

namespace millrace::client {

// Every failure of this library is an absl::Status. One that the server explained carries its
// v1::ErrorDetail; branch on the detail's reason (listed in millrace/v1/error.proto), never on the
// message.

// The detail that the server gave, or nothing: the failure then is of the connection or of the
// caller's own side.
std::optional<v1::ErrorDetail> ErrorDetailOf(const absl::Status& status);

// The same, from the trailing metadata `millrace-error-bin` of a finished gRPC call.
std::optional<v1::ErrorDetail> ErrorDetailOf(const grpc::ClientContext& finished);

// The reason in the detail, or empty.
std::string ErrorReasonOf(const absl::Status& status);

// A finished gRPC call's status with its detail attached.
absl::Status ToAbslStatus(const grpc::Status& status, const grpc::ClientContext& finished);

}  // namespace millrace::client

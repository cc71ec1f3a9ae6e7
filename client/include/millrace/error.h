// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "millrace/v1/error.pb.h"

namespace millrace::client {

// Every failure of this library is an absl::Status. Errors of the server carry a v1::ErrorDetail.
// Branch on its reason (listed in millrace/v1/error.proto), never on the message.

// Returns the server's detail, or nothing if the connection or the client itself failed.
std::optional<v1::ErrorDetail> ErrorDetailOf(const absl::Status& status);

// The same from the trailing metadata `millrace-error-bin` of a finished gRPC call.
std::optional<v1::ErrorDetail> ErrorDetailOf(const grpc::ClientContext& finished);

// The detail's reason; empty without a detail.
std::string ErrorReasonOf(const absl::Status& status);

// The status of a finished gRPC call, with its detail attached.
absl::Status ToAbslStatus(const grpc::Status& status, const grpc::ClientContext& finished);

}  // namespace millrace::client

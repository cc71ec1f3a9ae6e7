// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace grpc {
class CallbackServerContext;
}

namespace millrace::api {

// The one place where errors become those of gRPC. The codes are the same by number; reason and
// metadata travel as millrace.v1.ErrorDetail in the trailing metadata `millrace-error-bin` of
// `context`. A status without a reason is a defect of ours and goes out as INTERNAL without its
// text, which is logged. What is longer than clients take is cut: the message, and metadata left
// out.
grpc::Status ToGrpc(const absl::Status& status, grpc::CallbackServerContext& context);

// UNAVAILABLE STOPPING.
absl::Status StoppingError();

}  // namespace millrace::api

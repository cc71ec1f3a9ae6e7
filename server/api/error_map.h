// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace grpc {
class CallbackServerContext;
}

namespace millrace::api {

// The only place that converts errors to gRPC's. The codes have the same numbers. Reason and
// metadata travel as millrace.v1.ErrorDetail in the trailing metadata `millrace-error-bin` of
// `context`. A status without a reason is a bug: it is logged and sent as INTERNAL without its
// text. A message longer than clients accept is shortened, and excess metadata is left out.
grpc::Status ToGrpc(const absl::Status& status, grpc::CallbackServerContext& context);

// UNAVAILABLE STOPPING.
absl::Status StoppingError();

}  // namespace millrace::api

#include "api/error_map.h"

#include <string>

#include "base/error.h"
#include "grpcpp/server_context.h"
#include "millrace/v1/error.pb.h"
#include "spdlog/spdlog.h"

namespace millrace::api {

grpc::Status ToGrpc(const absl::Status& status, grpc::CallbackServerContext& context) {
  if (status.ok()) return grpc::Status::OK;
  v1::ErrorDetail detail;
  detail.set_reason(ErrorReason(status));
  auto code = static_cast<grpc::StatusCode>(status.code());
  std::string message(status.message());
  if (detail.reason().empty()) {
    spdlog::error("a call failed without a reason: {}", status.ToString());
    detail.set_reason("INTERNAL");
    code = grpc::StatusCode::INTERNAL;
    message = "defect of the server, its log tells more; please report it";
  }
  for (const auto& [name, value] : ErrorMetadataOf(status)) {
    detail.mutable_metadata()->insert({name, value});
  }
  context.AddTrailingMetadata("millrace-error-bin", detail.SerializeAsString());
  return {code, message};
}

absl::Status StoppingError() {
  return MakeError(absl::StatusCode::kUnavailable, "STOPPING",
                   "the server goes down; resume here later or at another server");
}

}  // namespace millrace::api

// SPDX-License-Identifier: Apache-2.0

#include "api/error_map.h"

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/reason.h"
#include "grpcpp/server_context.h"
#include "millrace/v1/error.pb.h"
#include "spdlog/spdlog.h"

namespace millrace::api {

namespace {

// Clients accept 8 KiB of metadata and drop the whole status above that. The transport escapes
// messages; a byte may become three.
constexpr size_t kMessageBytesMax = 1000;
constexpr size_t kDetailBytesMax = 4000;

// At most kMessageBytesMax bytes, whole UTF-8 characters.
std::string Shortened(std::string_view message) {
  if (message.size() <= kMessageBytesMax) return std::string(message);
  size_t size = kMessageBytesMax - 3;
  while (size > 0 && (message[size] & 0xc0) == 0x80) --size;
  return std::string(message.substr(0, size)) + "...";
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status, grpc::CallbackServerContext& context) {
  if (status.ok()) return grpc::Status::OK;
  v1::ErrorDetail detail;
  detail.set_reason(ErrorReason(status));
  auto code = static_cast<grpc::StatusCode>(status.code());
  std::string message = Shortened({status.message().data(), status.message().size()});
  if (detail.reason().empty()) {
    spdlog::error("a call failed without a reason: {}", status.ToString());
    detail.set_reason(std::string(reason::kInternal.name));
    code = grpc::StatusCode::INTERNAL;
    message = "this is a bug in the server; its log has details; please report it";
  }
  size_t bytes = 0;
  for (const auto& [name, value] : ErrorMetadataOf(status)) {
    bytes += name.size() + value.size();
    if (bytes > kDetailBytesMax) break;
    detail.mutable_metadata()->insert({name, value});
  }
  context.AddTrailingMetadata("millrace-error-bin", detail.SerializeAsString());
  return {code, message};
}

absl::Status StoppingError() {
  return MakeError(reason::kStopping,
                   "the server is stopping; resume here later or at another server");
}

}  // namespace millrace::api

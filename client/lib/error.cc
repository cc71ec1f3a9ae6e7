// SPDX-License-Identifier: Apache-2.0

#include "millrace/error.h"

#include "absl/strings/cord.h"

namespace millrace::client {
namespace {

constexpr char kDetailUrl[] = "type.googleapis.com/millrace.v1.ErrorDetail";
constexpr char kDetailKey[] = "millrace-error-bin";

}  // namespace

std::optional<v1::ErrorDetail> ErrorDetailOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kDetailUrl);
  v1::ErrorDetail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

std::optional<v1::ErrorDetail> ErrorDetailOf(const grpc::ClientContext& finished) {
  const auto& metadata = finished.GetServerTrailingMetadata();
  const auto found = metadata.find(kDetailKey);
  v1::ErrorDetail detail;
  if (found == metadata.end() ||
      !detail.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()))) {
    return std::nullopt;
  }
  return detail;
}

std::string ErrorReasonOf(const absl::Status& status) {
  const auto detail = ErrorDetailOf(status);
  return detail.has_value() ? detail->reason() : std::string();
}

absl::Status ToAbslStatus(const grpc::Status& status, const grpc::ClientContext& finished) {
  if (status.ok()) return absl::OkStatus();
  // absl and gRPC use the same code numbers. A number that both lack can only come from a peer.
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  if (const auto detail = ErrorDetailOf(finished); detail.has_value()) {
    result.SetPayload(kDetailUrl, absl::Cord(detail->SerializeAsString()));
  }
  return result;
}

}  // namespace millrace::client

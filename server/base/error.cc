// SPDX-License-Identifier: Apache-2.0

#include "base/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace {
namespace {

constexpr std::string_view kReasonUrl = "millrace/reason";
constexpr std::string_view kMetadataUrlPrefix = "millrace/metadata/";

// The distribution may build absl with its own string_view.
absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
std::string_view FromAbsl(absl::string_view text) { return {text.data(), text.size()}; }

absl::Status Make(absl::StatusCode code, std::string_view reason, std::string_view message,
                  const ErrorMetadata& metadata) {
  absl::Status status(code, ToAbsl(message));
  status.SetPayload(ToAbsl(kReasonUrl), absl::Cord(ToAbsl(reason)));
  for (const auto& [name, value] : metadata) {
    status.SetPayload(fmt::format("{}{}", kMetadataUrlPrefix, name), absl::Cord(value));
  }
  return status;
}

}  // namespace

absl::Status MakeError(const Reason& reason, std::string_view message,
                       const ErrorMetadata& metadata) {
  return Make(reason.code, reason.name, message, metadata);
}

absl::Status MakeError(absl::StatusCode code, const Reason& reason, std::string_view message,
                       const ErrorMetadata& metadata) {
  return Make(code, reason.name, message, metadata);
}

absl::Status Reworded(const absl::Status& status, absl::StatusCode code, std::string_view message,
                      const ErrorMetadata& metadata) {
  return Make(code, ErrorReason(status), message, metadata);
}

bool HasReason(const absl::Status& status, const Reason& reason) {
  const auto payload = status.GetPayload(ToAbsl(kReasonUrl));
  return payload.has_value() && *payload == ToAbsl(reason.name);
}

std::string ErrorReason(const absl::Status& status) {
  const auto payload = status.GetPayload(ToAbsl(kReasonUrl));
  return payload.has_value() ? std::string(*payload) : std::string();
}

ErrorMetadata ErrorMetadataOf(const absl::Status& status) {
  ErrorMetadata metadata;
  status.ForEachPayload([&](absl::string_view absl_url, const absl::Cord& value) {
    const std::string_view url = FromAbsl(absl_url);
    if (url.substr(0, kMetadataUrlPrefix.size()) != kMetadataUrlPrefix) return;
    metadata.emplace(url.substr(kMetadataUrlPrefix.size()), std::string(value));
  });
  return metadata;
}

absl::Status WithContext(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  absl::Status result(status.code(), fmt::format("{}: {}", context, FromAbsl(status.message())));
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& value) { result.SetPayload(url, value); });
  return result;
}

}  // namespace millrace

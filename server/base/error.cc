#include "base/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

constexpr std::string_view kReasonUrl = "millrace/reason";
constexpr std::string_view kMetadataUrlPrefix = "millrace/metadata/";

}  // namespace

absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const ErrorMetadata& metadata) {
  absl::Status status(code, message);
  status.SetPayload(kReasonUrl, absl::Cord(reason));
  for (const auto& [name, value] : metadata) {
    status.SetPayload(absl::StrCat(kMetadataUrlPrefix, name), absl::Cord(value));
  }
  return status;
}

std::string ErrorReason(const absl::Status& status) {
  const auto payload = status.GetPayload(kReasonUrl);
  return payload.has_value() ? std::string(*payload) : std::string();
}

ErrorMetadata ErrorMetadataOf(const absl::Status& status) {
  ErrorMetadata metadata;
  status.ForEachPayload([&](std::string_view url, const absl::Cord& value) {
    if (url.substr(0, kMetadataUrlPrefix.size()) != kMetadataUrlPrefix) return;
    metadata.emplace(url.substr(kMetadataUrlPrefix.size()), std::string(value));
  });
  return metadata;
}

absl::Status WithContext(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  absl::Status result(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload(
      [&](std::string_view url, const absl::Cord& value) { result.SetPayload(url, value); });
  return result;
}

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#include "explain.h"

#include "fmt/format.h"
#include "human.h"
#include "millrace/error.h"
#include "place.h"
#include "terminal.h"

namespace millrace::command {
namespace {

std::string Metadata(const v1::ErrorDetail& detail, const std::string& name) {
  const auto found = detail.metadata().find(name);
  return found == detail.metadata().end() ? std::string() : found->second;
}

// Returns what to do about an error of the server. Empty if the server's message is enough.
std::string Advice(const v1::ErrorDetail& detail) {
  const std::string& reason = detail.reason();
  if (reason == "TOKEN_TRIMMED") {
    const std::string oldest = Metadata(detail, "oldest_token");
    return fmt::format(
        "the log no longer has the changes after the token; start with the current rows "
        "(--from snapshot), or skip the missing changes and continue at the oldest token {} "
        "(--from earliest)",
        oldest.empty() ? "(see millrace status)" : oldest);
  }
  if (reason == "TOKEN_AHEAD") return "check that --server is the server that issued the token";
  if (reason == "TOKEN_OF_ANOTHER_LOG") {
    return "use the server that issued the token; if its log is gone, start with --from snapshot";
  }
  if (reason == "TOKEN_MALFORMED") {
    return fmt::format("a place is {}", kPlaceForms);
  }
  if (reason == "POSITION_NOT_FOUND") return "see millrace status for what the log retains";
  if (reason == "TABLE_UNKNOWN" || reason == "TABLE_NOT_FOUND") {
    return "see millrace tables for the captured tables";
  }
  if (reason == "SUBSCRIPTION_NOT_FOUND") return "see millrace subscriptions";
  if (reason == "SNAPSHOT_NOT_FOUND") return "see millrace snapshot list";
  if (reason == "SNAPSHOT_UNAVAILABLE") {
    return "start a snapshot with millrace snapshot start, and see millrace snapshot list";
  }
  if (reason == "SNAPSHOT_EXPIRED") return "start again with --from snapshot";
  if (reason == "CATCHUP_LIMIT" || reason == "STREAM_LIMIT" || reason == "NOT_READY" ||
      reason == "STOPPING") {
    return "retry in a few seconds";
  }
  if (reason == "LOG_DAMAGED") return "see the server's log";
  return "";
}

std::string ExplainConnection(const absl::Status& failure, const std::string& address) {
  std::string cause = InnermostCause(failure);
  // gRPC reports the cause only in its log.
  if (cause == "empty address list") {
    cause = "the TLS files cannot be used, GRPC_VERBOSITY=error shows why";
  }
  return fmt::format(
      "cannot reach the server at {} ({}): is millraced running there? Use --server or "
      "MILLRACE_SERVER for another server",
      address, cause);
}

}  // namespace

std::string InnermostCause(const absl::Status& failure) {
  // gRPC lists nested causes from the outermost to the innermost.
  std::string message(failure.message());
  while (message.ends_with(": ")) message.resize(message.size() - 2);
  const size_t colon = message.rfind(": ");
  return colon == std::string::npos ? message : message.substr(colon + 2);
}

std::string RetryNote(const absl::Status& failure, const std::string& address,
                      absl::Duration wait) {
  const std::string reason = client::ErrorReasonOf(failure);
  const std::string what = reason.empty()
                               ? fmt::format("lost {} ({})", address, InnermostCause(failure))
                               : fmt::format("{} [{}]", std::string(failure.message()), reason);
  return fmt::format("{}, retrying in {}", Printable(what), DurationText(wait));
}

std::string Explain(const absl::Status& failure, const std::string& address) {
  const auto detail = client::ErrorDetailOf(failure);
  if (detail.has_value()) {
    const std::string advice = Advice(*detail);
    return Printable(fmt::format("{} [{}]{}{}", std::string(failure.message()), detail->reason(),
                                 advice.empty() ? "" : ": ", advice));
  }
  if (absl::IsUnavailable(failure)) return Printable(ExplainConnection(failure, address));
  if (absl::IsDeadlineExceeded(failure)) {
    return fmt::format("the server at {} did not respond in time: see millrace status", address);
  }
  if (absl::IsUnimplemented(failure)) {
    return fmt::format(
        "the server at {} does not support this call: is it a millraced of the same version?",
        address);
  }
  return Printable(std::string(failure.message()));
}

}  // namespace millrace::command

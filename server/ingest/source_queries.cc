// SPDX-License-Identifier: Apache-2.0

#include "ingest/source_queries.h"

#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/reason.h"

namespace millrace::ingest {

bool IsAccountLimit(const absl::Status& status) {
  return HasReason(status, reason::kSourceAccountLimit);
}

bool SourceQueries::IsLost(const absl::Status& status) {
  return absl::IsUnavailable(status) && !IsAccountLimit(status);
}

absl::Status SourceQueries::Connect() {
  connection_.reset();
  MILLRACE_ASSIGN_OR_RETURN(SourcePool::CurrentConnection current, pool_.ConnectToCurrent());
  connection_ = std::move(current.connection);
  generation_ = current.generation;
  return absl::OkStatus();
}

absl::Status SourceQueries::Reconnect() {
  MILLRACE_ASSIGN_OR_RETURN(connection_, pool_.ConnectTo(generation_));
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> SourceQueries::ServerId() {
  MILLRACE_ASSIGN_OR_RETURN(const auto value, Ask([](Connection& connection) {
                              return connection.QueryValue("SELECT @@global.server_id");
                            }));
  const std::string text = value.value_or("");
  uint32_t server_id = 0;
  std::from_chars(text.data(), text.data() + text.size(), server_id);
  return server_id;
}

}  // namespace millrace::ingest

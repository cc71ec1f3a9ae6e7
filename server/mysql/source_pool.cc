// SPDX-License-Identifier: Apache-2.0

#include "mysql/source_pool.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace {

bool IsSameServer(const ServerInfo& a, const ServerInfo& b) {
  if (a.flavour != b.flavour || a.server_uuid != b.server_uuid) return false;
  return !a.server_uuid.empty() || a.server_id == b.server_id;
}

SourcePool::SourcePool(SourceOptions options) : options_(std::move(options)) {
  MILLRACE_CHECK(options_.server_id != 0);
}

absl::StatusOr<std::unique_ptr<Connection>> SourcePool::Connect() const {
  return Connection::Connect(options_);
}

absl::StatusOr<std::unique_ptr<Connection>> SourcePool::ConnectTo(const ServerInfo& server) const {
  MILLRACE_ASSIGN_OR_RETURN(auto connection, Connect());
  MILLRACE_RETURN_IF_ERROR(ExpectSame(connection->info(), server));
  return connection;
}

absl::StatusOr<std::unique_ptr<BinlogStream>> SourcePool::OpenStream(
    const ServerInfo& server, const SourcePosition& from, const StreamOptions& options) const {
  SourceOptions limited = options_;
  if (options.event_bytes_max != 0) {
    limited.event_bytes_max = std::min(limited.event_bytes_max, options.event_bytes_max);
  }
  if (options.beside) limited.server_id = 0;
  MILLRACE_ASSIGN_OR_RETURN(auto stream, BinlogStream::Open(limited, from, options.at_end));
  MILLRACE_RETURN_IF_ERROR(ExpectSame(stream->server(), server));
  return stream;
}

absl::Status SourcePool::ExpectSame(const ServerInfo& reached, const ServerInfo& server) const {
  if (IsSameServer(reached, server)) return absl::OkStatus();
  return MakeError(
      reason::kSourceDiffers,
      fmt::format("two connections to {} reach two servers; give source.host an address of one",
                  options_.socket.empty() ? fmt::format("{}:{}", options_.host, options_.port)
                                          : options_.socket));
}

}  // namespace millrace

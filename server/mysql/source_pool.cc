// SPDX-License-Identifier: Apache-2.0

#include "mysql/source_pool.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/reason.h"
#include "config/password.h"
#include "fmt/format.h"
#include "mysql/errors.h"

namespace millrace {
namespace {

absl::Status SourceDiffers(const SourceAddress& address) {
  return MakeError(reason::kSourceDiffers,
                   fmt::format("two connections to {} reached different servers; set source.host "
                               "to the address of one server",
                               address.ToString()));
}

absl::Status CheckFlavour(const Connection& connection, const SourceOptions& options) {
  const ServerInfo& server = connection.info();
  if (!options.flavour.has_value() || *options.flavour == server.flavour) return absl::OkStatus();
  return SourceChanged(
      connection.endpoint(),
      fmt::format("it is {} {}, but source.flavour is {}", FlavourName(server.flavour),
                  server.version_text, FlavourName(*options.flavour)));
}

}  // namespace

bool IsSameServer(const ServerInfo& a, const ServerInfo& b) {
  if (a.flavour != b.flavour || a.server_uuid != b.server_uuid) return false;
  return !a.server_uuid.empty() || a.server_id == b.server_id;
}

SourcePool::SourcePool(SourceOptions options) : options_(std::move(options)) {
  MILLRACE_CHECK(options_.server_id != 0);
}

absl::StatusOr<std::unique_ptr<Connection>> SourcePool::Connect() const {
  return Connect(options_.event_bytes_max);
}

absl::StatusOr<SourcePool::CurrentConnection> SourcePool::ConnectToCurrent() {
  MILLRACE_ASSIGN_OR_RETURN(auto connection, Connect());
  absl::MutexLock lock(&mutex_);
  if (!current_.has_value() || !IsSameServer(current_->server, connection->info())) {
    const Generation last = current_.has_value() ? current_->generation : 0;
    current_ = {.server = connection->info(), .generation = last + 1};
  }
  return CurrentConnection{.connection = std::move(connection), .generation = current_->generation};
}

absl::StatusOr<std::unique_ptr<Connection>> SourcePool::ConnectTo(Generation generation) const {
  return ConnectTo(generation, options_.event_bytes_max);
}

absl::StatusOr<std::unique_ptr<Connection>> SourcePool::ConnectTo(Generation generation,
                                                                  uint64_t packet_bytes_max) const {
  Current current;
  {
    absl::MutexLock lock(&mutex_);
    MILLRACE_CHECK(current_.has_value());
    current = *current_;
  }
  if (current.generation != generation) return SourceDiffers(Address());
  MILLRACE_ASSIGN_OR_RETURN(auto connection, Connect(packet_bytes_max));
  if (!IsSameServer(current.server, connection->info())) return SourceDiffers(Address());
  return connection;
}

absl::StatusOr<std::unique_ptr<BinlogStream>> SourcePool::OpenStream(
    Generation generation, const SourcePosition& from, const StreamOptions& options) const {
  uint64_t event_bytes_max = options_.event_bytes_max;
  if (options.event_bytes_max != 0) {
    event_bytes_max = std::min(event_bytes_max, options.event_bytes_max);
  }
  MILLRACE_ASSIGN_OR_RETURN(auto connection, ConnectTo(generation, event_bytes_max));
  return BinlogStream::Open(std::move(connection),
                            {.from = from,
                             .at_end = options.at_end,
                             .server_id = options.without_server_id ? 0 : options_.server_id,
                             .heartbeat_period = options_.heartbeat_period,
                             .event_bytes_max = event_bytes_max});
}

SourceAddress SourcePool::Address() const {
  return {.host = options_.host, .port = options_.port, .socket = options_.socket};
}

absl::StatusOr<std::unique_ptr<Connection>> SourcePool::Connect(uint64_t packet_bytes_max) const {
  MILLRACE_RETURN_IF_ERROR(CheckTlsFiles(options_));
  MILLRACE_ASSIGN_OR_RETURN(std::string password, ReadPassword(options_));
  MILLRACE_ASSIGN_OR_RETURN(auto connection,
                            Connection::Connect({.address = Address(),
                                                 .user = options_.user,
                                                 .password = std::move(password),
                                                 .tls = options_.tls,
                                                 .connect_timeout = options_.connect_timeout,
                                                 .packet_bytes_max = packet_bytes_max}));
  MILLRACE_RETURN_IF_ERROR(CheckFlavour(*connection, options_));
  return connection;
}

}  // namespace millrace

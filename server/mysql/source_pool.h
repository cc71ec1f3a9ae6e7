// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "config/source_options.h"
#include "model/source_position.h"
#include "mysql/binlog_stream.h"
#include "mysql/connection.h"

namespace millrace {

// Whether both are one server: by MySQL's server_uuid, by MariaDB's server_id.
bool IsSameServer(const ServerInfo& a, const ServerInfo& b);

// The source as its users see it: the only place of the server that opens connections to it, all
// with the same credentials and session settings. Passwords and certificates are read from their
// files each time. Thread-safe.
class SourcePool {
 public:
  // options.server_id is the one to read the binlog under, and not 0.
  explicit SourcePool(SourceOptions options);

  const SourceOptions& options() const { return options_; }

  // A session for queries. Errors as Connection::Connect.
  absl::StatusOr<std::unique_ptr<Connection>> Connect() const;
  // A session that is proved to reach `server`, as an earlier one did. Further error: kUnavailable
  // SOURCE_DIFFERS: the address leads to another server now.
  absl::StatusOr<std::unique_ptr<Connection>> ConnectTo(const ServerInfo& server) const;
  struct StreamOptions {
    AtBinlogEnd at_end = AtBinlogEnd::kWait;
    // Events beyond this or the configured limit are refused; 0: the configured limit alone.
    uint64_t event_bytes_max = 0;
    // The source must not end another stream of ours for it. By file and offset, and with kEnd.
    bool beside = false;
  };
  // The binlog of `server` from this position on. Errors as BinlogStream::Open and ConnectTo.
  absl::StatusOr<std::unique_ptr<BinlogStream>> OpenStream(const ServerInfo& server,
                                                           const SourcePosition& from,
                                                           const StreamOptions& options) const;

 private:
  absl::Status ExpectSame(const ServerInfo& reached, const ServerInfo& server) const;

  const SourceOptions options_;
};

}  // namespace millrace

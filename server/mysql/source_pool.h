// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "config/source_options.h"
#include "model/source_position.h"
#include "mysql/binlog_stream.h"
#include "mysql/connection.h"

namespace millrace {

// Whether `a` and `b` are the same server: by server_uuid on MySQL, by server_id on MariaDB.
bool IsSameServer(const ServerInfo& a, const ServerInfo& b);

// Opens all connections to the source. Reads the password and checks the TLS files for each one.
// Detects that the address leads to another server than before. Thread-safe.
class SourcePool {
 public:
  // Counts the servers that the feed has connected to, from 1. Anything read from a server is valid
  // only in its generation.
  using Generation = uint64_t;

  // Requires: options.server_id is not 0. Streams use it.
  explicit SourcePool(SourceOptions options);

  const SourceOptions& options() const { return options_; }

  // A session for queries with the server that the address leads to now. Errors: as
  // Connection::Connect; kFailedPrecondition SOURCE_FILE_UNREADABLE or SOURCE_PASSWORD_MISSING, as
  // ReadPassword and CheckTlsFiles; SOURCE_CHANGED if the server is not of options.flavour.
  absl::StatusOr<std::unique_ptr<Connection>> Connect() const;

  struct CurrentConnection {
    std::unique_ptr<Connection> connection;
    Generation generation;
  };
  // Connects to the server that the address leads to now, and makes it the current one. Starts a
  // new generation if it is not the same server as before. Errors as Connect; the generation is
  // then unchanged.
  absl::StatusOr<CurrentConnection> ConnectToCurrent() ABSL_LOCKS_EXCLUDED(mutex_);

  // A session for queries with the server of this generation. Further error: kUnavailable
  // SOURCE_DIFFERS: the address leads to another server now, or the generation is not current.
  absl::StatusOr<std::unique_ptr<Connection>> ConnectTo(Generation generation) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  struct StreamOptions {
    AtBinlogEnd at_end = AtBinlogEnd::kWait;
    // The stream fails on an event above this limit or the configured one. 0: only the configured
    // limit.
    uint64_t event_bytes_max = 0;
    // Uses server id 0, so that the source does not end our other stream. Requires kEnd, and a
    // position by file and offset.
    bool without_server_id = false;
  };
  // Streams the binlog of the server of this generation, starting at `from`. Errors as
  // BinlogStream::Open and ConnectTo.
  absl::StatusOr<std::unique_ptr<BinlogStream>> OpenStream(Generation generation,
                                                           const SourcePosition& from,
                                                           const StreamOptions& options) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Current {
    ServerInfo server;
    Generation generation = 0;
  };

  SourceAddress Address() const;
  absl::StatusOr<std::unique_ptr<Connection>> Connect(uint64_t packet_bytes_max) const;
  absl::StatusOr<std::unique_ptr<Connection>> ConnectTo(Generation generation,
                                                        uint64_t packet_bytes_max) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  const SourceOptions options_;
  mutable absl::Mutex mutex_;
  // Absent until the first ConnectToCurrent.
  std::optional<Current> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

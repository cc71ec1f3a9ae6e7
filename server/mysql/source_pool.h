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

// Whether both are one server: by MySQL's server_uuid, by MariaDB's server_id.
bool IsSameServer(const ServerInfo& a, const ServerInfo& b);

// Opens every connection of the server to the source; no other code does. It chooses the host,
// reads the password and checks the TLS files for each connection anew, and numbers the servers
// that it chose. Thread-safe.
class SourcePool {
 public:
  // Counts the servers chosen, from 1. What was learnt over a connection of one generation does not
  // hold for another.
  using Generation = uint64_t;

  // options.server_id is the one to read the binlog under, and not 0.
  explicit SourcePool(SourceOptions options);

  const SourceOptions& options() const { return options_; }

  // A session for queries, with whatever server the host in use leads to. Errors: as
  // Connection::Connect; kFailedPrecondition SOURCE_FILE_UNREADABLE or SOURCE_PASSWORD_MISSING, as
  // ReadPassword and CheckTlsFiles; SOURCE_CHANGED if the server is not of options.flavour.
  absl::StatusOr<std::unique_ptr<Connection>> Connect() const;

  struct CurrentConnection {
    std::unique_ptr<Connection> connection;
    Generation generation;
  };
  // Chooses the host for a new session of the feed and connects to it. The generation is a new one
  // if that is another host or server than the last time. Errors as Connect; the generation stays.
  absl::StatusOr<CurrentConnection> ConnectToCurrent() ABSL_LOCKS_EXCLUDED(mutex_);

  // A session for queries with the server of this generation. Further error: kUnavailable
  // SOURCE_DIFFERS if the host leads to another server now, or another one was chosen since.
  absl::StatusOr<std::unique_ptr<Connection>> ConnectTo(Generation generation) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  struct StreamOptions {
    AtBinlogEnd at_end = AtBinlogEnd::kWait;
    // Larger events fail the stream, in addition to the configured limit; 0: that limit alone.
    uint64_t event_bytes_max = 0;
    // Opens the stream next to another of ours, which the source must not end for it. Only by file
    // and offset, and with kEnd.
    bool without_server_id = false;
  };
  // The binlog of the server of this generation, from `from` on. Errors as BinlogStream::Open and
  // ConnectTo.
  absl::StatusOr<std::unique_ptr<BinlogStream>> OpenStream(Generation generation,
                                                           const SourcePosition& from,
                                                           const StreamOptions& options) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Current {
    SourceAddress address;
    ServerInfo server;
    Generation generation = 0;
  };

  // The host for the next session of the feed.
  SourceAddress ConfiguredAddress() const;
  absl::StatusOr<std::unique_ptr<Connection>> ConnectAt(const SourceAddress& address,
                                                        uint64_t packet_bytes_max) const;
  absl::StatusOr<std::unique_ptr<Connection>> ConnectTo(Generation generation,
                                                        uint64_t packet_bytes_max) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  const SourceOptions options_;
  mutable absl::Mutex mutex_;
  // None until the first ConnectToCurrent.
  std::optional<Current> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

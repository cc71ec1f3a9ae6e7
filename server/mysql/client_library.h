// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mysql/dump_request.h"
#include "mysql/login.h"
#include "mysql/packet_reader.h"
#include "mysql/query_rows.h"
#include "mysql/row_stream.h"

namespace millrace {

// One connection of the client library: MariaDB Connector/C or Oracle's libmysqlclient. The only
// place that knows either; Connection and BinlogStream stand on it. For one thread at a time, but
// for Interrupt.
//
// The library is told to send no local file, to send no password in clear text, and to use TLS as
// configured before the account is named. Over a Unix socket there is no TLS.
class ClientHandle {
 public:
  // Errors as ConnectError (errors.h) makes them.
  static absl::StatusOr<std::unique_ptr<ClientHandle>> Connect(const SourceLogin& login);

  virtual ~ClientHandle() = default;

  // Runs one statement. Errors as QueryError makes them.
  virtual absl::StatusOr<QueryRows> Query(std::string_view sql) = 0;
  // Runs one statement that answers rows, which come as they are taken. The handle outlives them.
  // The library's time limit holds for each wait.
  virtual absl::StatusOr<std::unique_ptr<RowStream>> Stream(std::string_view sql) = 0;
  // Breaks the connection: what waits for the server and all that comes later fails, queries with
  // kCancelled. From any thread, as long as the handle lives.
  virtual void Interrupt() = 0;
  // What the server said when it greeted us, for example `8.4.3` or `10.11.6-MariaDB-log`.
  virtual std::string ServerVersion() const = 0;
  // Empty without TLS.
  virtual std::string TlsCipher() const = 0;
  // The file descriptor; valid as long as the handle.
  virtual int socket() const = 0;

  // Makes SHOW REPLICAS list us. Does nothing where the library cannot.
  virtual absl::Status RegisterReplica(uint32_t server_id, const std::string& host) = 0;
  // Asks for the binlog. Afterwards the handle serves the reader alone, and must outlive it.
  virtual absl::StatusOr<std::unique_ptr<PacketReader>> StartDump(
      const DumpRequest& request, const PacketReaderOptions& options) = 0;
};

}  // namespace millrace

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

// A connection of the client library: MariaDB Connector/C or Oracle's libmysqlclient. Connection
// and BinlogStream use it, so that only client_library.cc depends on the library. For one thread at
// a time, except Interrupt.
//
// Configures the library to send no local file and no password in clear text, and to start TLS, as
// configured, before it sends the user's name. A Unix socket never uses TLS.
class ClientHandle {
 public:
  // Errors as ConnectError (errors.h).
  static absl::StatusOr<std::unique_ptr<ClientHandle>> Connect(const SourceLogin& login);

  virtual ~ClientHandle() = default;

  // Runs one statement. Errors as QueryError.
  virtual absl::StatusOr<QueryRows> Query(std::string_view sql) = 0;
  // Runs one statement that returns rows, and reads each row when the caller asks for it. The
  // handle must outlive the stream. Each wait for the server is limited to two minutes.
  virtual absl::StatusOr<std::unique_ptr<RowStream>> Stream(std::string_view sql) = 0;
  // Breaks the connection: running and later calls fail, queries with kCancelled. From any thread,
  // as long as the handle exists.
  virtual void Interrupt() = 0;
  // The version in the greeting of the server, for example `8.4.3` or `10.11.6-MariaDB-log`.
  virtual std::string ServerVersion() const = 0;
  // Empty without TLS.
  virtual std::string TlsCipher() const = 0;
  // The file descriptor of the connection; valid as long as the handle.
  virtual int socket() const = 0;

  // Makes SHOW REPLICAS list us. Does nothing with Oracle's library.
  virtual absl::Status RegisterReplica(uint32_t server_id, const std::string& host) = 0;
  // Requests the binlog. From then on only the reader uses the handle; destroy the reader first.
  virtual absl::StatusOr<std::unique_ptr<PacketReader>> StartDump(
      const DumpRequest& request, const PacketReaderOptions& options) = 0;
};

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "model/flavour.h"
#include "mysql/login.h"
#include "mysql/query_rows.h"
#include "mysql/row_stream.h"

namespace millrace {

class ClientHandle;

// Version as a number that compares: 8.4.3 is 80403, 10.11.6 is 101106.
using ServerVersion = uint32_t;

// The server at the other end of a connection.
struct ServerInfo {
  Flavour flavour = Flavour::kMysql;
  ServerVersion version = 0;
  std::string version_text;
  // MySQL's server_uuid. MariaDB has none.
  std::string server_uuid;
  uint32_t server_id = 0;
  // MySQL's gtid_mode: `ON`, `ON_PERMISSIVE`, `OFF_PERMISSIVE` or `OFF`. Always `ON` for MariaDB,
  // whose transactions all have a GTID.
  std::string gtid_mode;
  // How names of databases and tables are stored and compared. 0: as typed, case-sensitive; 1: in
  // lower case; 2: as typed, case-insensitive.
  uint32_t lower_case_table_names = 0;
  bool gtids() const { return gtid_mode == "ON"; }
};

// A session for queries with the source, with the settings of session_settings.h: text is utf8mb4,
// the time zone is UTC, and each statement is a read-only transaction of its own. For one thread at
// a time, except Interrupt. errors.h lists the errors; after SOURCE_UNREACHABLE open a new
// connection.
class Connection {
 public:
  // Logs in, prepares the session and identifies the server. Only SourcePool calls it. Further
  // error: kFailedPrecondition SOURCE_SESSION_REFUSED.
  static absl::StatusOr<std::unique_ptr<Connection>> Connect(const SourceLogin& login);
  ~Connection();

  const ServerInfo& info() const { return info_; }
  // `host:port` or the path of the socket, for messages.
  const std::string& endpoint() const { return endpoint_; }
  // Empty without TLS.
  std::string TlsCipher() const;

  // Runs one statement.
  absl::StatusOr<QueryRows> Query(std::string_view sql);
  // Runs one statement and returns its rows one by one. The server sends them no faster than the
  // caller reads. SOURCE_UNREACHABLE: it sent nothing for two minutes. kInternal
  // SOURCE_QUERY_FAILED: the statement returns no rows.
  absl::StatusOr<std::unique_ptr<RowStream>> Stream(std::string_view sql);
  // Makes the running statement and all later ones fail with kCancelled. From any thread, as long
  // as the connection exists. The server may continue the statement until it has something to send.
  void Interrupt();
  // Runs one statement and returns the only column of its only row. kInternal SOURCE_QUERY_FAILED:
  // the result has another shape.
  absl::StatusOr<std::optional<std::string>> QueryValue(std::string_view sql);

 private:
  friend class BinlogStream;
  Connection(std::unique_ptr<ClientHandle> handle, std::string endpoint);
  absl::Status IdentifyServer();

  const std::unique_ptr<ClientHandle> handle_;
  const std::string endpoint_;
  ServerInfo info_;
};

// Returns 101106 for `5.5.5-10.11.6-MariaDB-log`, and 0 if the text starts with no version.
ServerVersion ParseServerVersion(std::string_view text);

}  // namespace millrace

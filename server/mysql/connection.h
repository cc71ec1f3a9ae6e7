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

// Who answers at the other end.
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
  // 0: names of databases and tables are kept as typed and their case counts; 1: in lower case; 2:
  // as typed, and their case does not count.
  uint32_t lower_case_table_names = 0;
  bool gtids() const { return gtid_mode == "ON"; }
};

// A session with the source, for queries, with the settings of session_settings.h: text is utf8mb4,
// the time zone UTC, each statement a transaction of its own that writes nothing. For one thread at
// a time, but for Interrupt. All failures are those of errors.h; after SOURCE_UNREACHABLE make a
// new one.
class Connection {
 public:
  // Logs in, prepares the session and identifies the server; for SourcePool. Further error:
  // kFailedPrecondition SOURCE_SESSION_REFUSED.
  static absl::StatusOr<std::unique_ptr<Connection>> Connect(const SourceLogin& login);
  ~Connection();

  const ServerInfo& info() const { return info_; }
  // `host:port` or the path of the socket, for messages.
  const std::string& endpoint() const { return endpoint_; }
  // Empty without TLS.
  std::string TlsCipher() const;

  // Runs one statement.
  absl::StatusOr<QueryRows> Query(std::string_view sql);
  // Runs one statement whose rows are taken one by one. The server may send them as slowly as they
  // are taken; a wait of ours for more of them ends after two minutes as SOURCE_UNREACHABLE.
  // kInternal SOURCE_QUERY_FAILED: the statement answers no rows.
  absl::StatusOr<std::unique_ptr<RowStream>> Stream(std::string_view sql);
  // Makes the statement that runs, and all later ones, fail with kCancelled. From any thread, as
  // long as the connection lives. The server may go on with the statement until it has something
  // to send.
  void Interrupt();
  // The only column of the only row. kInternal SOURCE_QUERY_FAILED: the result has another shape.
  absl::StatusOr<std::optional<std::string>> QueryValue(std::string_view sql);

 private:
  friend class BinlogStream;
  Connection(std::unique_ptr<ClientHandle> handle, std::string endpoint);
  absl::Status IdentifyServer();

  const std::unique_ptr<ClientHandle> handle_;
  const std::string endpoint_;
  ServerInfo info_;
};

// `10.11.6` of `5.5.5-10.11.6-MariaDB-log` as a number; 0 if there is none.
ServerVersion ParseServerVersion(std::string_view text);

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#include "mysql/connection.h"

#include <charconv>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/client_library.h"
#include "mysql/errors.h"
#include "mysql/session_settings.h"

namespace millrace {
namespace {

bool NamesMariadb(std::string_view text) {
  return text.find("MariaDB") != std::string_view::npos ||
         text.find("mariadb") != std::string_view::npos;
}

}  // namespace

ServerVersion ParseServerVersion(std::string_view text) {
  // MariaDB 10 prefixes its version with this, for old replicas.
  constexpr std::string_view kReplicationPrefix = "5.5.5-";
  if (NamesMariadb(text) && text.substr(0, kReplicationPrefix.size()) == kReplicationPrefix) {
    text.remove_prefix(kReplicationPrefix.size());
  }
  ServerVersion version = 0;
  for (int part = 0; part < 3; ++part) {
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number > 999) return 0;
    version = version * 100 + number;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (part < 2 && (text.empty() || text[0] != '.')) return 0;
    if (part < 2) text.remove_prefix(1);
  }
  return version;
}

Connection::Connection(std::unique_ptr<ClientHandle> handle, std::string endpoint)
    : handle_(std::move(handle)), endpoint_(std::move(endpoint)) {}

Connection::~Connection() = default;

std::string Connection::TlsCipher() const { return handle_->TlsCipher(); }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Connect(const SourceLogin& login) {
  MILLRACE_ASSIGN_OR_RETURN(auto handle, ClientHandle::Connect(login));
  std::unique_ptr<Connection> connection(
      new Connection(std::move(handle), login.address.ToString()));
  MILLRACE_RETURN_IF_ERROR(PrepareSession(*connection));
  MILLRACE_RETURN_IF_ERROR(connection->IdentifyServer());
  return connection;
}

absl::Status Connection::IdentifyServer() {
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows rows,
                            Query("SELECT @@version AS version, @@version_comment AS comment, "
                                  "@@global.server_id AS server_id, "
                                  "@@global.lower_case_table_names AS name_case"));
  if (rows.rows.size() != 1)
    return QueryError(endpoint_, {0, "it returned no version and server_id"});
  const QueryRow& row = rows.rows[0];
  info_.version_text = rows.Text(row, {"version"});
  info_.version = ParseServerVersion(info_.version_text);
  const bool mariadb = NamesMariadb(info_.version_text) ||
                       NamesMariadb(rows.Text(row, {"comment"})) ||
                       NamesMariadb(handle_->ServerVersion());
  info_.flavour = mariadb ? Flavour::kMariadb : Flavour::kMysql;
  const std::string server_id = rows.Text(row, {"server_id"});
  std::from_chars(server_id.data(), server_id.data() + server_id.size(), info_.server_id);
  const std::string name_case = rows.Text(row, {"name_case"});
  std::from_chars(name_case.data(), name_case.data() + name_case.size(),
                  info_.lower_case_table_names);
  if (mariadb) {
    info_.gtid_mode = "ON";
    return absl::OkStatus();
  }
  MILLRACE_ASSIGN_OR_RETURN(const QueryRows mysql,
                            Query("SELECT @@global.server_uuid AS uuid, @@global.gtid_mode AS "
                                  "gtid_mode"));
  if (mysql.rows.size() != 1)
    return QueryError(endpoint_, {0, "it returned no server_uuid and gtid_mode"});
  info_.server_uuid = mysql.Text(mysql.rows[0], {"uuid"});
  info_.gtid_mode = mysql.Text(mysql.rows[0], {"gtid_mode"});
  return absl::OkStatus();
}

absl::StatusOr<QueryRows> Connection::Query(std::string_view sql) { return handle_->Query(sql); }

absl::StatusOr<std::unique_ptr<RowStream>> Connection::Stream(std::string_view sql) {
  return handle_->Stream(sql);
}

void Connection::Interrupt() { handle_->Interrupt(); }

absl::StatusOr<std::optional<std::string>> Connection::QueryValue(std::string_view sql) {
  MILLRACE_ASSIGN_OR_RETURN(QueryRows rows, Query(sql));
  if (rows.rows.size() != 1 || rows.columns.size() != 1) {
    return QueryError(
        endpoint_, {0, fmt::format("it returned {} rows of {} columns instead of one value for: {}",
                                   rows.rows.size(), rows.columns.size(), sql)});
  }
  return std::move(rows.rows[0][0]);
}

}  // namespace millrace

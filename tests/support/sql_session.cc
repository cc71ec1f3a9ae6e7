// SPDX-License-Identifier: Apache-2.0

#include "support/sql_session.h"

#include <mysql.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"

namespace millrace::testing {
namespace {

constexpr unsigned kConnectTimeoutSeconds = 10;
constexpr unsigned long kPacketBytesMax = 1UL << 30;
constexpr size_t kStatementBytesShown = 300;

struct ResultCloser {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using Result = std::unique_ptr<MYSQL_RES, ResultCloser>;

// The library's first call is not thread-safe.
void InitializeLibraryOnce() {
  static std::once_flag once;
  std::call_once(once, [] { mysql_server_init(0, nullptr, nullptr); });
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

SqlRow ReadRow(MYSQL_ROW row, const unsigned long* lengths, unsigned columns) {
  SqlRow values(columns);
  for (unsigned column = 0; column < columns; ++column) {
    if (row[column] != nullptr) values[column].emplace(row[column], lengths[column]);
  }
  return values;
}

[[noreturn]] void Abort(const absl::Status& status) {
  fmt::print(stderr, "a statement that must succeed failed: {}\n", status.ToString());
  std::abort();
}

}  // namespace

struct SqlSession::Connection {
  ~Connection() { mysql_close(mysql); }

  MYSQL* const mysql = mysql_init(nullptr);
};

SqlSession::SqlSession(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
SqlSession::~SqlSession() = default;
SqlSession::SqlSession(SqlSession&&) noexcept = default;
SqlSession& SqlSession::operator=(SqlSession&&) noexcept = default;

absl::StatusOr<SqlSession> SqlSession::Open(const SqlSessionOptions& options) {
  InitializeLibraryOnce();
  auto connection = std::make_unique<Connection>();
  MYSQL* mysql = connection->mysql;
  if (mysql == nullptr) return absl::ResourceExhaustedError("out of memory for a connection");
  mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &kConnectTimeoutSeconds);
  mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &kPacketBytesMax);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, options.charset.c_str());
  const bool by_socket = !options.socket.empty();
  if (mysql_real_connect(mysql, by_socket ? "localhost" : "127.0.0.1", options.user.c_str(),
                         options.password.c_str(), OrNull(options.database),
                         static_cast<unsigned>(options.port), OrNull(options.socket),
                         0) == nullptr) {
    return absl::UnavailableError(
        fmt::format("cannot connect to {} as {}: {}",
                    by_socket ? options.socket : fmt::format("127.0.0.1:{}", options.port),
                    options.user, mysql_error(mysql)));
  }
  return SqlSession(std::move(connection));
}

absl::Status SqlSession::LastError(std::string_view sql) const {
  return absl::InternalError(
      fmt::format("error {} ({}): {}; statement: {}", mysql_errno(connection_->mysql),
                  mysql_sqlstate(connection_->mysql), mysql_error(connection_->mysql),
                  sql.substr(0, kStatementBytesShown)));
}

absl::Status SqlSession::Execute(std::string_view sql) { return Query(sql).status(); }

absl::StatusOr<SqlRows> SqlSession::Query(std::string_view sql) {
  MYSQL* connection = connection_->mysql;
  if (mysql_real_query(connection, sql.data(), sql.size()) != 0) return LastError(sql);
  SqlRows rows;
  // CALL returns several results; the last one only marks the end.
  for (int more = 0; more == 0; more = mysql_next_result(connection)) {
    const Result result(mysql_store_result(connection));
    if (mysql_errno(connection) != 0) return LastError(sql);
    if (result == nullptr) continue;
    const unsigned columns = mysql_num_fields(result.get());
    while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
      rows.push_back(ReadRow(row, mysql_fetch_lengths(result.get()), columns));
    }
  }
  if (mysql_errno(connection) != 0) return LastError(sql);
  return rows;
}

absl::StatusOr<std::optional<std::string>> SqlSession::QueryValue(std::string_view sql) {
  MILLRACE_ASSIGN_OR_RETURN(SqlRows rows, Query(sql));
  if (rows.size() != 1 || rows[0].size() != 1) {
    return absl::InvalidArgumentError(fmt::format("{} rows instead of one value; statement: {}",
                                                  rows.size(),
                                                  sql.substr(0, kStatementBytesShown)));
  }
  return std::move(rows[0][0]);
}

void SqlSession::MustExecute(std::string_view sql) {
  if (const absl::Status status = Execute(sql); !status.ok()) Abort(status);
}

SqlRows SqlSession::MustQuery(std::string_view sql) {
  absl::StatusOr<SqlRows> rows = Query(sql);
  if (!rows.ok()) Abort(rows.status());
  return *std::move(rows);
}

std::string SqlSession::MustQueryValue(std::string_view sql) {
  absl::StatusOr<std::optional<std::string>> value = QueryValue(sql);
  if (!value.ok()) Abort(value.status());
  if (!value->has_value()) {
    Abort(absl::InternalError(fmt::format("NULL; statement: {}", sql.substr(0, 300))));
  }
  return **std::move(value);
}

}  // namespace millrace::testing

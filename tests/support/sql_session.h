// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace::testing {

// How to connect: over `socket`, or over TCP to 127.0.0.1:`port` if it is empty.
struct SqlSessionOptions {
  std::string socket;
  int port = 0;
  std::string user = "root";
  std::string password;
  std::string database;
  // Character set of statements and results; "binary" converts nothing.
  std::string charset = "utf8mb4";
};

using SqlRow = std::vector<std::optional<std::string>>;  // nullopt is NULL.
using SqlRows = std::vector<SqlRow>;

// One connection to a server, for one thread. Statements may have up to 1 GiB.
class SqlSession {
 public:
  // kUnavailable: the server cannot be reached or refuses the account; the message has its error.
  static absl::StatusOr<SqlSession> Open(const SqlSessionOptions& options);

  ~SqlSession();
  SqlSession(SqlSession&&) noexcept;
  SqlSession& operator=(SqlSession&&) noexcept;

  // Runs a statement and discards its rows. kInternal: the server's error.
  absl::Status Execute(std::string_view sql);

  // Returns all rows of a statement.
  absl::StatusOr<SqlRows> Query(std::string_view sql);

  // Returns the only column of the only row. kInvalidArgument: the result has another shape.
  absl::StatusOr<std::optional<std::string>> QueryValue(std::string_view sql);

  // The same, but on an error they print it and abort the test.
  // MustQueryValue also aborts on NULL.
  void MustExecute(std::string_view sql);
  SqlRows MustQuery(std::string_view sql);
  std::string MustQueryValue(std::string_view sql);

 private:
  struct Connection;  // Hides the client library's type, which differs between libraries.

  explicit SqlSession(std::unique_ptr<Connection> connection);

  absl::Status LastError(std::string_view sql) const;

  std::unique_ptr<Connection> connection_;
};

}  // namespace millrace::testing

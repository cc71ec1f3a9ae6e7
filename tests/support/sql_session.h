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

// Where and how to connect: over `socket` if given, else over TCP to 127.0.0.1:`port`.
struct SqlSessionOptions {
  std::string socket;
  int port = 0;
  std::string user = "root";
  std::string password;
  std::string database;
  // Of the statements sent and the text received; "binary" leaves every byte alone.
  std::string charset = "utf8mb4";
};

using SqlRow = std::vector<std::optional<std::string>>;  // nullopt is NULL.
using SqlRows = std::vector<SqlRow>;

// One connection to a server, for one thread. Statements may be of any size up to 1 GiB.
class SqlSession {
 public:
  // kUnavailable: the server cannot be reached or refuses the account; the message has its words.
  static absl::StatusOr<SqlSession> Open(const SqlSessionOptions& options);

  ~SqlSession();
  SqlSession(SqlSession&&) noexcept;
  SqlSession& operator=(SqlSession&&) noexcept;

  // Runs a statement; what rows it returns are dropped. kInternal: the server's error.
  absl::Status Execute(std::string_view sql);

  // All rows that a statement returns.
  absl::StatusOr<SqlRows> Query(std::string_view sql);

  // The only column of the only row. kInvalidArgument: the result has another shape.
  absl::StatusOr<std::optional<std::string>> QueryValue(std::string_view sql);

  // The same for statements that must succeed: on an error they print it and abort the test.
  // MustQueryValue also aborts on NULL.
  void MustExecute(std::string_view sql);
  SqlRows MustQuery(std::string_view sql);
  std::string MustQueryValue(std::string_view sql);

 private:
  struct Connection;  // The client library's; its type has another name in each library.

  explicit SqlSession(std::unique_ptr<Connection> connection);

  absl::Status LastError(std::string_view sql) const;

  std::unique_ptr<Connection> connection_;
};

}  // namespace millrace::testing

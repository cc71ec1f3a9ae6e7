// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "support/source_server.h"
#include "support/sql_session.h"

namespace millrace::testing {

// A variable of the source, and the value that could do most harm to a session that relies on the
// default.
struct WorstSetting {
  std::string name;
  // SQL literal.
  std::string value;
  // Has no global value: only `init_connect` can set it for all sessions.
  bool session_only = false;
};

// Returns the global and session variables of this flavour that can change the rows of a SELECT,
// the form of values, the meaning of statements, the end of a transaction, or when the server ends
// a statement or a session. From the reference of server system variables of MySQL 8.4 and 9.x and
// of MariaDB 10.11.
std::vector<WorstSetting> WorstSettings(Flavour flavour);

// Returns the statement that makes the server apply the setting to each new session of an account
// without privileges.
std::string InitConnect(const WorstSetting& setting);

// Sets a global variable until the end of the scope.
class GlobalSetting {
 public:
  // `root` must have the privilege to set it, and must outlive this object.
  GlobalSetting(SqlSession& root, const WorstSetting& setting);
  ~GlobalSetting();
  GlobalSetting(const GlobalSetting&) = delete;
  GlobalSetting& operator=(const GlobalSetting&) = delete;

 private:
  SqlSession& root_;
  const std::string name_;
};

}  // namespace millrace::testing

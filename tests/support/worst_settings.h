// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "support/source_server.h"
#include "support/sql_session.h"

namespace millrace::testing {

// A variable of the source with the value that could do most harm to the statements of a session
// that relies on its default.
struct WorstSetting {
  std::string name;
  // A literal of SQL.
  std::string value;
  // No global value: only `init_connect` can set it for all.
  bool session_only = false;
};

// Those that a server of this family has for all sessions and for one: what can change which rows a
// SELECT returns, how values look, how statements are understood, when a transaction ends, and when
// the server ends a statement or a session. From the reference of server system variables of MySQL
// 8.4 and 9.x and of MariaDB 10.11.
std::vector<WorstSetting> WorstSettings(Flavour flavour);

// The statement that has the server set it in each new session of an account without privileges.
std::string InitConnect(const WorstSetting& setting);

// A global variable that has another value than the server's own default until the end of the
// scope.
class GlobalSetting {
 public:
  // `root` may set it, and outlives this.
  GlobalSetting(SqlSession& root, const WorstSetting& setting);
  ~GlobalSetting();
  GlobalSetting(const GlobalSetting&) = delete;
  GlobalSetting& operator=(const GlobalSetting&) = delete;

 private:
  SqlSession& root_;
  const std::string name_;
};

}  // namespace millrace::testing

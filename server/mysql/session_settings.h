// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "mysql/query_rows.h"

namespace millrace {

class Connection;

// A session variable that affects the results of our statements, and the value that they need.
struct SessionSetting {
  // Name as in SHOW VARIABLES.
  std::string_view name;
  // Value as in SHOW VARIABLES.
  std::string_view value;
  enum class Need {
    // With another value our statements return other results.
    kExact,
    // With another value they may fail or take longer. A server's configuration may limit it.
    kPreferred,
  };
  Need need = Need::kExact;
};

// The settings of every session that we open, for MySQL and MariaDB. No server has all of them.
std::span<const SessionSetting> SessionSettings();

// The additional settings of a session that reads rows of tables. They make the server return
// values in the form that transcode::SelectPlan expects.
std::span<const SessionSetting> RowReadingSettings();

// Applies SessionSettings to the session of `connection`, regardless of the server's global
// variables and `init_connect`, and verifies the values. Skips variables that the server lacks.
// Ends a transaction that `init_connect` began. kFailedPrecondition SOURCE_SESSION_REFUSED: the
// server keeps another value of a setting that has to be exact.
absl::Status PrepareSession(Connection& connection);

// Applies more settings to a prepared session, in the same way.
absl::Status ApplySettings(Connection& connection, std::span<const SessionSetting> settings);

}  // namespace millrace

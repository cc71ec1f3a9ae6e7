// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "mysql/query_rows.h"

namespace millrace {

class Connection;

// A session variable that the result of our statements depends on, and the value that they need.
struct SessionSetting {
  // As SHOW VARIABLES spells it.
  std::string_view name;
  // As SHOW VARIABLES shows it.
  std::string_view value;
  enum class Need {
    // With another value our statements return something else.
    kExact,
    // With another value they fail, or take longer; a server may be configured to bound it.
    kPreferred,
  };
  Need need = Need::kExact;
};

// The settings of every session that we open, of MySQL and of MariaDB. A server lacks some of them.
std::span<const SessionSetting> SessionSettings();

// What a session that reads rows of tables needs besides: values come as transcode::SelectPlan
// takes them.
std::span<const SessionSetting> RowReadingSettings();

// Gives the session of `connection` the settings that the server has, whatever its global variables
// and `init_connect` say, and reads them back. Ends a transaction that `init_connect` began.
// kFailedPrecondition SOURCE_SESSION_REFUSED: the server keeps another value where it has to be
// exact.
absl::Status PrepareSession(Connection& connection);

// The same for further settings of a session that is prepared.
absl::Status ApplySettings(Connection& connection, std::span<const SessionSetting> settings);

}  // namespace millrace

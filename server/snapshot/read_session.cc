// SPDX-License-Identifier: Apache-2.0

#include "snapshot/read_session.h"

#include "base/error.h"
#include "fmt/format.h"
#include "mysql/session_settings.h"

namespace millrace::snapshot {

absl::Status PrepareReads(Connection& connection, Micros query_time_max) {
  MILLRACE_RETURN_IF_ERROR(ApplySettings(connection, RowReadingSettings()));
  return LimitQueries(connection, query_time_max);
}

absl::Status LimitQueries(Connection& connection, Micros query_time_max) {
  const bool mariadb = connection.info().flavour == Flavour::kMariadb;
  const double seconds = static_cast<double>(query_time_max) / 1e6;
  return connection
      .Query(mariadb ? fmt::format("SET SESSION max_statement_time = {:.3f}", seconds)
                     : fmt::format("SET SESSION max_execution_time = {}", query_time_max / 1000))
      .status();
}

}  // namespace millrace::snapshot

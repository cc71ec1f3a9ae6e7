// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <utility>

#include "binlog/event.h"

namespace millrace::binlog {
namespace {

// Indexed by type code.
constexpr std::array<std::string_view, 43> kNames = {
    "unknown",
    "START_V3",
    "QUERY",
    "STOP",
    "ROTATE",
    "INTVAR",
    "LOAD",
    "SLAVE",
    "CREATE_FILE",
    "APPEND_BLOCK",
    "EXEC_LOAD",
    "DELETE_FILE",
    "NEW_LOAD",
    "RAND",
    "USER_VAR",
    "FORMAT_DESCRIPTION",
    "XID",
    "BEGIN_LOAD_QUERY",
    "EXECUTE_LOAD_QUERY",
    "TABLE_MAP",
    "PRE_GA_WRITE_ROWS",
    "PRE_GA_UPDATE_ROWS",
    "PRE_GA_DELETE_ROWS",
    "WRITE_ROWS_V1",
    "UPDATE_ROWS_V1",
    "DELETE_ROWS_V1",
    "INCIDENT",
    "HEARTBEAT",
    "IGNORABLE",
    "ROWS_QUERY",
    "WRITE_ROWS",
    "UPDATE_ROWS",
    "DELETE_ROWS",
    "GTID",
    "ANONYMOUS_GTID",
    "PREVIOUS_GTIDS",
    "TRANSACTION_CONTEXT",
    "VIEW_CHANGE",
    "XA_PREPARE",
    "PARTIAL_UPDATE_ROWS",
    "TRANSACTION_PAYLOAD",
    "HEARTBEAT_V2",
    "GTID_TAGGED",
};

// MariaDB's, from code 160.
constexpr std::array<std::string_view, 12> kMariadbNames = {
    "ANNOTATE_ROWS",
    "BINLOG_CHECKPOINT",
    "GTID",
    "GTID_LIST",
    "START_ENCRYPTION",
    "QUERY_COMPRESSED",
    "WRITE_ROWS_COMPRESSED_V1",
    "UPDATE_ROWS_COMPRESSED_V1",
    "DELETE_ROWS_COMPRESSED_V1",
    "WRITE_ROWS_COMPRESSED",
    "UPDATE_ROWS_COMPRESSED",
    "DELETE_ROWS_COMPRESSED",
};

}  // namespace

std::string_view EventTypeName(EventType type) {
  constexpr size_t kMariadbFirst = static_cast<size_t>(EventType::kMariadbAnnotateRows);
  const auto code = static_cast<size_t>(type);
  if (code < kNames.size()) return kNames[code];
  if (code >= kMariadbFirst && code - kMariadbFirst < kMariadbNames.size()) {
    return kMariadbNames[code - kMariadbFirst];
  }
  return kNames[0];
}

}  // namespace millrace::binlog

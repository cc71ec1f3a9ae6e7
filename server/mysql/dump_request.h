// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace millrace {

// The parameters of a request for a dump of the binlog.
struct DumpRequest {
  uint32_t server_id = 0;
  // The file to start in. Empty with `gtids`, or on MariaDB with @slave_connect_state.
  std::string file;
  uint32_t offset = 4;
  // MySQL: the GTIDs that the dump omits, encoded by MysqlGtidSet::EncodeForDump. Absent: a dump by
  // file.
  std::optional<std::string> gtids;
  // At the end of the binlog: true waits for more events, false ends the dump.
  bool waits = true;
};

// Arguments of COM_BINLOG_DUMP and COM_BINLOG_DUMP_GTID:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump.html
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump_gtid.html
std::string DumpByFileArguments(const DumpRequest& request);
// Requires: request.gtids is set.
std::string DumpByGtidArguments(const DumpRequest& request);
// The flags for either command.
uint16_t DumpFlags(const DumpRequest& request);

// Arguments of COM_REGISTER_SLAVE, after which SHOW REPLICAS lists us. Truncates `host` to 60
// bytes, the most that servers accept.
std::string RegisterReplicaArguments(uint32_t server_id, const std::string& host);

}  // namespace millrace

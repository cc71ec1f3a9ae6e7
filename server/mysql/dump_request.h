// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace millrace {

// What a dump of the binlog is asked for with.
struct DumpRequest {
  uint32_t server_id = 0;
  // Where to begin; empty with `gtids` or on MariaDB with @slave_connect_state.
  std::string file;
  uint32_t offset = 4;
  // MySQL: everything but these, in the form of MysqlGtidSet::EncodeForDump. None: by file.
  std::optional<std::string> gtids;
  // At the end of the binlog: wait for more, or end the dump.
  bool waits = true;
};

// Arguments of COM_BINLOG_DUMP and COM_BINLOG_DUMP_GTID:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump.html
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump_gtid.html
std::string DumpByFileArguments(const DumpRequest& request);
// Requires: request.gtids is set.
std::string DumpByGtidArguments(const DumpRequest& request);
// The flags of either.
uint16_t DumpFlags(const DumpRequest& request);

// Arguments of COM_REGISTER_SLAVE, by which SHOW REPLICAS lists us. `host` is cut at 60 bytes, what
// servers accept.
std::string RegisterReplicaArguments(uint32_t server_id, const std::string& host);

}  // namespace millrace

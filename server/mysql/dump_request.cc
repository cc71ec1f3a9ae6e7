// SPDX-License-Identifier: Apache-2.0

#include "mysql/dump_request.h"

#include "base/bytes.h"
#include "base/check.h"

namespace millrace {
namespace {

// On MariaDB: send ANNOTATE_ROWS. On MySQL: send HEARTBEAT_V2, whose offset may exceed 4 GiB. We
// want both.
constexpr uint16_t kAnnotateRowsOrHeartbeatV2 = 2;
constexpr uint16_t kThroughGtid = 4;
// The dump ends at the end of the binlog.
constexpr uint16_t kNonBlocking = 1;
constexpr size_t kHostBytesMax = 60;

}  // namespace

uint16_t DumpFlags(const DumpRequest& request) {
  const uint16_t by_gtid = request.gtids.has_value() ? kThroughGtid : 0;
  const uint16_t ends = request.waits ? 0 : kNonBlocking;
  return kAnnotateRowsOrHeartbeatV2 | by_gtid | ends;
}

std::string DumpByFileArguments(const DumpRequest& request) {
  std::string arguments;
  AppendLittle32(arguments, request.offset);
  AppendLittle16(arguments, DumpFlags(request));
  AppendLittle32(arguments, request.server_id);
  return arguments + request.file;
}

std::string DumpByGtidArguments(const DumpRequest& request) {
  MILLRACE_CHECK(request.gtids.has_value());
  std::string arguments;
  AppendLittle16(arguments, DumpFlags(request));
  AppendLittle32(arguments, request.server_id);
  AppendLittle32(arguments, static_cast<uint32_t>(request.file.size()));
  arguments += request.file;
  AppendLittle64(arguments, request.offset);
  AppendLittle32(arguments, static_cast<uint32_t>(request.gtids->size()));
  return arguments + *request.gtids;
}

std::string RegisterReplicaArguments(uint32_t server_id, const std::string& host) {
  const std::string name = host.substr(0, kHostBytesMax);
  std::string arguments;
  AppendLittle32(arguments, server_id);
  arguments.push_back(static_cast<char>(name.size()));
  arguments += name;
  arguments.append(2, '\0');     // user and password, each empty
  AppendLittle16(arguments, 0);  // port
  AppendLittle32(arguments, 0);  // rank, unused since 5.0
  AppendLittle32(arguments, 0);  // the source's server id, filled in by the source
  return arguments;
}

}  // namespace millrace

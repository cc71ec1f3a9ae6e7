// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "ingest/transaction_content.h"
#include "model/binlog_place.h"
#include "mysql/connection.h"

namespace millrace::ingest {

// The newest transaction that was read, as its source described it.
struct LastTransaction {
  std::string server;       // the server it was read from, see ServerName
  BinlogPlace place;        // of its GTID event, on that server
  std::string gtid;         // text; empty without a GTID
  std::string gtid_before;  // MariaDB: the previous GTID of its domain; empty without one
  // Commit time on the server where the client committed it. In whole seconds from MariaDB.
  Micros commit_time = 0;
  ContentDigest content;
  friend bool operator==(const LastTransaction&, const LastTransaction&) = default;
};

// What a log remembers of its source besides the position, to recognise it: a server that was reset
// or restored assigns the same names, offsets and GTIDs again.
struct SourceMemory {
  // the server that the position was read from, see ServerName; empty if unknown
  std::string server;
  std::string file;  // of the position
  // When the server created that file, in Unix seconds, from the header of its FORMAT_DESCRIPTION;
  // 0: unknown.
  uint32_t file_created = 0;
  std::optional<LastTransaction> last;

  // Persistent binary form, see FORMAT.md. It belongs to this position, a binary SourcePosition.
  std::string ToBinary(std::string_view position) const;
  // Returns an empty SourceMemory if `bytes` are not of this version or belong to another position:
  // then an older program wrote the position.
  static SourceMemory FromBinary(std::string_view bytes, std::string_view position);
  friend bool operator==(const SourceMemory&, const SourceMemory&) = default;
};

// Key of the kMeta record that holds it.
inline constexpr std::string_view kSourceMemoryKey = "source.memory";

// The identity of a server: MySQL's server_uuid; for MariaDB, which has none, its server_id.
std::string ServerName(const ServerInfo& server);

}  // namespace millrace::ingest

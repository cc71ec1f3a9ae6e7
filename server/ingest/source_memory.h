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
  std::string server;       // that it was read from, see ServerName
  BinlogPlace place;        // of its GTID event, on that server
  std::string gtid;         // text; empty without
  std::string gtid_before;  // MariaDB: what came before it in its domain; empty if nothing did
  // At the server where the client committed it. In whole seconds from MariaDB.
  Micros commit_time = 0;
  ContentDigest content;
  friend bool operator==(const LastTransaction&, const LastTransaction&) = default;
};

// What a log remembers of its source beside the position, to recognise it: a server that was reset
// or restored assigns the same names, offsets and GTIDs again.
struct SourceMemory {
  std::string server;  // that the position was read from, see ServerName; empty if unknown
  std::string file;    // of the position
  // Second at which the server began that file, from the header of its FORMAT_DESCRIPTION. 0: not
  // known.
  uint32_t file_created = 0;
  std::optional<LastTransaction> last;

  // Persistent binary form, see FORMAT.md. It belongs to this position, a binary SourcePosition.
  std::string ToBinary(std::string_view position) const;
  // Nothing known if `bytes` are not of this version, or belong to another position: then an older
  // program has written the position.
  static SourceMemory FromBinary(std::string_view bytes, std::string_view position);
  friend bool operator==(const SourceMemory&, const SourceMemory&) = default;
};

// Name of the record of kMeta that holds it.
inline constexpr std::string_view kSourceMemoryKey = "source.memory";

// The identity of a server: MySQL's server_uuid; MariaDB has none, so its server_id.
std::string ServerName(const ServerInfo& server);

}  // namespace millrace::ingest

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "config/source_options.h"

namespace millrace {

// An address of the source: a host and port, or a Unix socket.
struct SourceAddress {
  std::string host;
  uint16_t port = 3306;
  // Path of a Unix socket. If set, host and port are ignored.
  std::string socket;
  bool is_local() const { return !socket.empty(); }
  // `host:port` or the path of the socket, for messages.
  std::string ToString() const;
};

// What one new connection needs to log in. SourcePool creates one for each connection, with the
// current password and TLS files.
struct SourceLogin {
  SourceAddress address;
  std::string user;
  std::string password;
  // SourcePool has checked that the files are readable.
  SourceTlsOptions tls;
  Micros connect_timeout = Micros{10} * 1'000'000;
  // The connection fails on a larger packet from the source.
  uint64_t packet_bytes_max = uint64_t{1} << 30;
};

}  // namespace millrace

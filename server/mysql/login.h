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
  // Path of a Unix socket; if set, host and port are not used.
  std::string socket;
  bool is_local() const { return !socket.empty(); }
  // `host:port` or the path of the socket, for messages.
  std::string ToString() const;
  friend bool operator==(const SourceAddress&, const SourceAddress&) = default;
};

// Everything that one new connection needs to log in. SourcePool makes one for each connection,
// with the password and the files of that moment.
struct SourceLogin {
  SourceAddress address;
  std::string user;
  std::string password;
  // The files have been checked: they exist and can be read.
  SourceTlsOptions tls;
  Micros connect_timeout = Micros{10} * 1'000'000;
  // Larger packets from the source fail the connection.
  uint64_t packet_bytes_max = uint64_t{1} << 30;
};

}  // namespace millrace

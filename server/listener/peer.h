// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/socket.h>

#include <string>

namespace millrace::listener {

// The other end of a connection.
struct Peer {
  // Address and port: `192.0.2.7:41000`, `[2001:db8::1]:41000`, or `unix`.
  std::string endpoint;
  // The key for limits per peer: an IPv4 address, the /64 network of an IPv6 address (one host
  // usually owns all of it), or `unix`.
  std::string host;

  // Treats IPv4 addresses mapped into IPv6 as IPv4.
  static Peer Of(const sockaddr_storage& address);
};

}  // namespace millrace::listener

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/socket.h>

#include <string>

namespace millrace::listener {

// The other end of a connection.
struct Peer {
  // Address and port: `192.0.2.7:41000`, `[2001:db8::1]:41000`, or `unix`.
  std::string endpoint;
  // What limits by peer count: an IPv4 address, the /64 of an IPv6 address (whoever has one address
  // of it has all), or `unix`.
  std::string host;

  // IPv4 addresses mapped into IPv6 count as IPv4.
  static Peer Of(const sockaddr_storage& address);
};

}  // namespace millrace::listener

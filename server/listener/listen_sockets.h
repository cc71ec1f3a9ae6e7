// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "listener/descriptor.h"

namespace millrace::listener {

// Sockets that listen, none of which blocks.
class ListenSockets {
 public:
  // `listen` is `address:port`, `[address]:port` or `unix:/path`. A name listens on all of its
  // addresses, 0.0.0.0 and [::] on all of the machine, both of IPv4 and IPv6 where there are both.
  // Port 0 takes a free one. A connection that does not take what it was sent for `send_timeout` is
  // closed by the kernel. kUnavailable: no address can be listened on.
  static absl::StatusOr<ListenSockets> Open(const std::string& listen, Micros send_timeout);
  // Removes the file of a Unix socket.
  ~ListenSockets();
  ListenSockets(ListenSockets&&) noexcept = default;
  ListenSockets& operator=(ListenSockets&&) noexcept = default;

  const std::vector<Descriptor>& sockets() const { return sockets_; }
  // The port, 0 for a Unix socket.
  int port() const { return port_; }
  // Closes them, so that clients are refused from here on.
  void Close();

 private:
  struct HostPort {
    std::string host;  // without brackets
    std::string port;
  };

  ListenSockets() = default;
  static HostPort Split(const std::string& listen);
  absl::Status OpenTcp(const HostPort& at, Micros send_timeout);

  std::vector<Descriptor> sockets_;
  int port_ = 0;
  std::string unix_path_;
};

}  // namespace millrace::listener

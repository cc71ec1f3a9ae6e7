// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "listener/descriptor.h"

namespace millrace::listener {

// Non-blocking listening sockets.
class ListenSockets {
 public:
  // `listen` is `address:port`, `[address]:port` or `unix:/path`. For a name, listens on all its
  // addresses; for 0.0.0.0 and [::], on all addresses of the machine, IPv4 and IPv6 if available.
  // Port 0 picks a free port. The kernel closes a connection if sent data stays unacknowledged for
  // `send_timeout`. kUnavailable: listening failed on every address.
  static absl::StatusOr<ListenSockets> Open(const std::string& listen, Micros send_timeout);
  // Removes the file of a Unix socket.
  ~ListenSockets();
  ListenSockets(ListenSockets&&) noexcept = default;
  ListenSockets& operator=(ListenSockets&&) noexcept = default;

  const std::vector<Descriptor>& sockets() const { return sockets_; }
  // The port; 0 for a Unix socket.
  int port() const { return port_; }
  // Closes the sockets. From now on the kernel refuses clients.
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

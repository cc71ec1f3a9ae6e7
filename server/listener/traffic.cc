// SPDX-License-Identifier: Apache-2.0

#include "listener/traffic.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

namespace millrace::listener {

std::optional<Traffic> ReadTraffic(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  int unread = 0;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  if (ioctl(socket, FIONREAD, &unread) != 0) return std::nullopt;
  const uint64_t received = info.tcpi_bytes_received;
  const uint64_t waiting = static_cast<uint64_t>(std::max(unread, 0));
  return Traffic{.read = received - std::min(received, waiting),
                 .acknowledged = info.tcpi_bytes_acked};
}

}  // namespace millrace::listener

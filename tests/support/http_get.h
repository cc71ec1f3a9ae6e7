// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace millrace::testing {

// Opens a TCP connection to a port of this machine; -1 on failure. The caller closes it.
inline int ConnectTo(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

// Returns the response to `GET path`, from the status line on. Empty without a response.
inline std::string HttpGet(int port, const std::string& path) {
  const int fd = ConnectTo(port);
  if (fd < 0) return {};
  const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
  std::string response;
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char buffer[4096];
    for (ssize_t got = 0; (got = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      response.append(buffer, static_cast<size_t>(got));
    }
  }
  close(fd);
  return response;
}

}  // namespace millrace::testing

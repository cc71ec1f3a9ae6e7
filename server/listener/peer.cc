// SPDX-License-Identifier: Apache-2.0

#include "listener/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

#include "fmt/format.h"

namespace millrace::listener {
namespace {

constexpr char kUnix[] = "unix";
// The sizes of an IPv6 address and of its network part.
constexpr size_t kIpv6Bytes = 16;
constexpr size_t kIpv6NetworkBytes = 8;

std::string Text(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

Peer Ipv4(const void* address, uint16_t port) {
  std::string host = Text(AF_INET, address);
  std::string endpoint = fmt::format("{}:{}", host, port);
  return {.endpoint = std::move(endpoint), .host = std::move(host)};
}

Peer Ipv6(in6_addr address, uint16_t port) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) return Ipv4(&address.s6_addr[12], port);
  std::string endpoint = fmt::format("[{}]:{}", Text(AF_INET6, &address), port);
  std::memset(&address.s6_addr[kIpv6NetworkBytes], 0, kIpv6Bytes - kIpv6NetworkBytes);
  return {.endpoint = std::move(endpoint), .host = Text(AF_INET6, &address) + "/64"};
}

}  // namespace

Peer Peer::Of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof(in));
    return Ipv4(&in.sin_addr, ntohs(in.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof(in));
    return Ipv6(in.sin6_addr, ntohs(in.sin6_port));
  }
  return {.endpoint = kUnix, .host = kUnix};
}

}  // namespace millrace::listener

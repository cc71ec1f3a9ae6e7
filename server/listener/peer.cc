// SPDX-License-Identifier: Apache-2.0

#include "listener/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "fmt/format.h"

namespace millrace::listener {
namespace {

constexpr char kUnix[] = "unix";
// In bytes: of an IPv6 address, and of the part of it that names a network.
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

// `%5B` and `%5D` are what gRPC makes of the brackets, `%25` of what precedes a zone.
std::string WithoutEscapes(std::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    const std::string_view three = text.substr(at, 3);
    const char decoded = three == "%5B" ? '[' : three == "%5D" ? ']' : three == "%25" ? '%' : '\0';
    plain += decoded == '\0' ? text[at] : decoded;
    if (decoded != '\0') at += 2;
  }
  return plain;
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

std::optional<std::string> EndpointOf(std::string_view grpc_peer) {
  if (grpc_peer.starts_with("ipv4:")) return std::string(grpc_peer.substr(5));
  if (!grpc_peer.starts_with("ipv6:")) return std::nullopt;
  const std::string text = WithoutEscapes(grpc_peer.substr(5));
  const size_t end = text.rfind("]:");
  if (!text.starts_with('[') || end == std::string::npos) return std::nullopt;
  const std::string host = text.substr(1, std::min(text.find('%'), end) - 1);
  in6_addr address{};
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    return Text(AF_INET, &address.s6_addr[12]) + text.substr(end + 1);
  }
  return fmt::format("[{}]{}", Text(AF_INET6, &address), text.substr(end + 1));
}

}  // namespace millrace::listener

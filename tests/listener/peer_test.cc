// SPDX-License-Identifier: Apache-2.0

#include "listener/peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace millrace::listener {
namespace {

Peer Ipv4(const char* address, uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  inet_pton(AF_INET, address, &in.sin_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &in, sizeof(in));
  return Peer::Of(storage);
}

Peer Ipv6(const char* address, uint16_t port) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  inet_pton(AF_INET6, address, &in.sin6_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &in, sizeof(in));
  return Peer::Of(storage);
}

TEST(Peer, Ipv4CountsByAddress) {
  EXPECT_EQ(Ipv4("192.0.2.7", 41000).host, "192.0.2.7");
  EXPECT_EQ(Ipv4("192.0.2.7", 41000).endpoint, "192.0.2.7:41000");
}

TEST(Peer, Ipv6CountsByNetwork) {
  EXPECT_EQ(Ipv6("2001:db8:1:2::7", 41000).host, "2001:db8:1:2::/64");
  EXPECT_EQ(Ipv6("2001:db8:1:2:ffff::9", 1).host, "2001:db8:1:2::/64");
  EXPECT_EQ(Ipv6("2001:db8:1:2::7", 41000).endpoint, "[2001:db8:1:2::7]:41000");
}

TEST(Peer, MappedIpv4CountsAsIpv4) {
  EXPECT_EQ(Ipv6("::ffff:192.0.2.7", 41000).host, "192.0.2.7");
  EXPECT_EQ(Ipv6("::ffff:192.0.2.7", 41000).endpoint, "192.0.2.7:41000");
}

TEST(Peer, UnixSocketsCountAsOne) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  EXPECT_EQ(Peer::Of(storage).host, "unix");
}

}  // namespace
}  // namespace millrace::listener

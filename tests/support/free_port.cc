// SPDX-License-Identifier: Apache-2.0

#include "support/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "fmt/format.h"

namespace millrace::testing {
namespace {

constexpr int kPortMin = 20000;
constexpr int kPortMax = 31999;
constexpr int kAttemptsMax = 1000;

bool CanBind(int port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound =
      bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(descriptor);
  return bound;
}

}  // namespace

int FreePort() {
  std::random_device random;
  std::uniform_int_distribution<int> ports(kPortMin, kPortMax);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (const int port = ports(random); CanBind(port)) return port;
  }
  fmt::print(stderr, "no free TCP port on 127.0.0.1 in {} attempts\n", kAttemptsMax);
  std::abort();
}

}  // namespace millrace::testing

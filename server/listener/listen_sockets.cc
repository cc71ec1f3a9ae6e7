// SPDX-License-Identifier: Apache-2.0

#include "listener/listen_sockets.h"

#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"

namespace millrace::listener {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
// The kernel uses the smaller of this and net.core.somaxconn.
constexpr int kBacklog = 4096;
// Bounds the bytes of a flood that the kernel buffers before gRPC reads them; requests are small.
// The kernel doubles the value.
constexpr int kReceiveBufferBytes = 128 << 10;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

absl::Status Failed(std::string_view what) {
  return absl::UnavailableError(fmt::format("{}: {}", what, strerror(errno)));
}

bool Set(int socket, int level, int option, int value) {
  return setsockopt(socket, level, option, &value, sizeof(value)) == 0;
}

// Sets options that accepted connections inherit.
bool SetTcpOptions(int socket, int family, Micros send_timeout) {
  // Failure is harmless: without IPv4, or if the system allows only IPv6, the socket listens for
  // IPv6.
  if (family == AF_INET6) Set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  return Set(socket, SOL_SOCKET, SO_REUSEADDR, 1) && Set(socket, IPPROTO_TCP, TCP_NODELAY, 1) &&
         Set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(send_timeout / 1000)) &&
         Set(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes);
}

absl::StatusOr<Descriptor> Listen(const Address& address, Micros send_timeout) {
  const int family = address.storage.ss_family;
  Descriptor opened(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!opened.ok()) return Failed("socket");
  if (family != AF_UNIX && !SetTcpOptions(opened.get(), family, send_timeout)) {
    return Failed("setsockopt");
  }
  const auto* bytes = reinterpret_cast<const sockaddr*>(&address.storage);
  if (bind(opened.get(), bytes, address.size) != 0) return Failed("bind");
  if (listen(opened.get(), kBacklog) != 0) return Failed("listen");
  return opened;
}

absl::StatusOr<std::vector<Address>> Resolve(const std::string& host, const std::string& port) {
  const addrinfo hints{
      .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) return absl::UnavailableError(fmt::format("{}: {}", host, gai_strerror(error)));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  std::vector<Address> addresses;
  for (; found != nullptr; found = found->ai_next) {
    Address& address = addresses.emplace_back();
    std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address.size = found->ai_addrlen;
  }
  return addresses;
}

in_port_t* PortOf(Address& address) {
  if (address.storage.ss_family == AF_INET) {
    return &reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port;
  }
  return &reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port;
}

int BoundPort(const Descriptor& socket) {
  Address address;
  address.size = sizeof(address.storage);
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  return ntohs(*PortOf(address));
}

// Removes a socket file, such as one that a dead server left. Any other file stays, so bind fails.
void RemoveSocketFile(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode)) unlink(path.c_str());
}

absl::StatusOr<Descriptor> ListenOnPath(const std::string& path) {
  sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof(name.sun_path)) {
    return absl::UnavailableError(fmt::format("the path {} is too long for a Unix socket", path));
  }
  path.copy(name.sun_path, path.size());
  Address address;
  std::memcpy(&address.storage, &name, sizeof(name));
  address.size = sizeof(name);
  RemoveSocketFile(path);
  return Listen(address, /*send_timeout=*/0);
}

// The wildcard addresses. Listening on the first one that works is enough.
absl::StatusOr<std::vector<Address>> ResolveWildcard(const std::string& port) {
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Address> addresses, Resolve("::", port));
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<Address> ipv4, Resolve("0.0.0.0", port));
  addresses.insert(addresses.end(), ipv4.begin(), ipv4.end());
  return addresses;
}

}  // namespace

ListenSockets::HostPort ListenSockets::Split(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::move(host), colon == std::string::npos ? "" : listen.substr(colon + 1)};
}

absl::StatusOr<ListenSockets> ListenSockets::Open(const std::string& listen, Micros send_timeout) {
  ListenSockets sockets;
  if (listen.starts_with(kUnixPrefix)) {
    const std::string path = listen.substr(kUnixPrefix.size());
    MILLRACE_ASSIGN_OR_RETURN(Descriptor opened, ListenOnPath(path));
    sockets.sockets_.push_back(std::move(opened));
    sockets.unix_path_ = path;
    return sockets;
  }
  MILLRACE_RETURN_IF_ERROR(sockets.OpenTcp(Split(listen), send_timeout));
  return sockets;
}

absl::Status ListenSockets::OpenTcp(const HostPort& at, Micros send_timeout) {
  const bool any = at.host == "0.0.0.0" || at.host == "::";
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Address> addresses,
                            any ? ResolveWildcard(at.port) : Resolve(at.host, at.port));
  absl::Status failure = absl::UnavailableError(fmt::format("{} has no address", at.host));
  for (Address& address : addresses) {
    if (port_ != 0) *PortOf(address) = htons(static_cast<uint16_t>(port_));
    auto opened = Listen(address, send_timeout);
    if (!opened.ok()) {
      failure = opened.status();
      continue;
    }
    port_ = BoundPort(*opened);
    sockets_.push_back(*std::move(opened));
    // The IPv6 socket also accepts IPv4 clients.
    if (any) break;
  }
  return sockets_.empty() ? failure : absl::OkStatus();
}

ListenSockets::~ListenSockets() { Close(); }

void ListenSockets::Close() {
  sockets_.clear();
  if (!unix_path_.empty()) RemoveSocketFile(std::exchange(unix_path_, ""));
}

}  // namespace millrace::listener

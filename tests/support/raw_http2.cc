// SPDX-License-Identifier: Apache-2.0

#include "support/raw_http2.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace millrace::testing {
namespace http2 {
namespace {

// String in HPACK's form, without Huffman code.
std::string Text(std::string_view text) {
  return std::string(1, static_cast<char>(text.size())) + std::string(text);
}

}  // namespace

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame += static_cast<char>(payload.size() >> shift);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(stream >> shift);
  return frame.append(payload);
}

std::string Headers(std::string_view path) {
  // :method POST, :scheme http; then four headers that are added to the table.
  return "\x83\x86\x44" + Text(path) + "\x41" + Text("localhost") + "\x5f" +
         Text("application/grpc") + "\x40" + Text("te") + Text("trailers");
}

std::string HeadersAgain() { return "\x83\x86\xc1\xc0\xbf\xbe"; }

std::string Preface() { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, ""); }

}  // namespace http2

namespace {

constexpr int kTimeoutMillis = 5000;

sockaddr_in Loopback(const std::string& address, int port) {
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &loopback.sin_addr);
  return loopback;
}

template <typename Call>
bool CallWithAddress(const Call& call, int socket, const sockaddr_in& address) {
  return call(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

bool IsReady(int socket, short events, int millis = kTimeoutMillis) {
  pollfd poll_socket{.fd = socket, .events = events, .revents = 0};
  return poll(&poll_socket, 1, millis) > 0;
}

SSL_CTX* TlsContext() {
  static SSL_CTX* const context = [] {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    constexpr std::array<unsigned char, 3> kHttp2 = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(made, kHttp2.data(), kHttp2.size());
    return made;
  }();
  return context;
}

}  // namespace

struct RawConnection::Tls {
  explicit Tls(int socket) : ssl(SSL_new(TlsContext())) { SSL_set_fd(ssl, socket); }
  ~Tls() { SSL_free(ssl); }
  SSL* const ssl;
};

RawConnection::RawConnection(int socket) : socket_(socket) {}
RawConnection::RawConnection(RawConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), tls_(std::move(other.tls_)) {}
RawConnection& RawConnection::operator=(RawConnection&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(tls_, other.tls_);
  return *this;
}
RawConnection::~RawConnection() {
  tls_.reset();
  if (socket_ >= 0) close(socket_);
}

std::optional<RawConnection> RawConnection::Open(int port, const std::string& from, bool tls) {
  RawConnection connection(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int socket = connection.socket_;
  const timeval timeout{.tv_sec = kTimeoutMillis / 1000, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  // connect chooses the port, which is fast even if thousands are in use.
  const int yes = 1;
  setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
  if (!CallWithAddress(bind, socket, Loopback(from, 0)) ||
      !CallWithAddress(connect, socket, Loopback("127.0.0.1", port))) {
    return std::nullopt;
  }
  if (!tls) return connection;
  connection.tls_ = std::make_unique<Tls>(socket);
  if (SSL_connect(connection.tls_->ssl) != 1) return std::nullopt;
  return connection;
}

bool RawConnection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!Drain()) return false;
    const int size = static_cast<int>(bytes.size());
    const ssize_t sent = tls_ != nullptr ? SSL_write(tls_->ssl, bytes.data(), size)
                                         : send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool RawConnection::Drain() {
  // Reading TLS may wait for bytes that have not arrived, so only check for a closed connection.
  if (tls_ != nullptr) return !IsReady(socket_, 0, 0);
  while (IsReady(socket_, POLLIN, 0)) {
    if (Read().empty()) return false;
  }
  return true;
}

std::string RawConnection::Read() {
  std::string bytes(16 << 10, '\0');
  const ssize_t count = tls_ != nullptr
                            ? SSL_read(tls_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                            : recv(socket_, bytes.data(), bytes.size(), 0);
  bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return bytes;
}

bool RawConnection::WaitForClose(int seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < deadline) {
    if (IsReady(socket_, POLLIN, 10) && Read().empty()) return true;
  }
  return false;
}

}  // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::testing {

// Frames of HTTP/2 (RFC 9113) and headers in HPACK (RFC 7541), for tests that misuse the protocol
// in ways that no client library allows.
namespace http2 {

inline constexpr uint8_t kData = 0, kHeaders = 1, kResetStream = 3, kSettings = 4, kPing = 6,
                         kContinuation = 9;
inline constexpr uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload);
// Complete headers of a gRPC call of `path`. A server adds them to its table.
std::string Headers(std::string_view path);
// The same headers, for a connection that has sent Headers before.
std::string HeadersAgain();
// First bytes of a client.
std::string Preface();

}  // namespace http2

// A connection from any address of this machine, plain or with TLS. It does not verify the
// certificate. No call blocks for longer than five seconds. One thread uses it.
class RawConnection {
 public:
  // Returns nothing if the server refuses the connection or closes it during the handshake.
  static std::optional<RawConnection> Open(int port, const std::string& from = "127.0.0.1",
                                           bool tls = false);
  ~RawConnection();
  RawConnection(RawConnection&&) noexcept;
  RawConnection& operator=(RawConnection&&) noexcept;

  // Returns false once the server has closed the connection. Discards everything that it sends.
  bool Write(std::string_view bytes);
  // Waits until the server closes the connection. False if it does not within `seconds`.
  bool WaitForClose(int seconds);
  // Waits for some bytes. Empty if the server closes the connection.
  std::string Read();

 private:
  struct Tls;

  explicit RawConnection(int socket);
  bool Drain();

  int socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace millrace::testing

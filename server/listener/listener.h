// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "listener/connections.h"
#include "listener/descriptor.h"
#include "listener/listen_sockets.h"
#include "listener/rate_limited_warning.h"

namespace millrace::listener {

// Accepts connections on its own thread, within the limits of Connections, and passes them to gRPC.
// No error ends the loop: without free descriptors it closes new connections, or waits and retries.
class Listener {
 public:
  // Takes ownership of the descriptor `connection`, accepted from the socket `listening`. Called on
  // the listener's thread.
  using HandOver = std::function<void(int listening, int connection)>;

  // See ListenSockets::Open for `listen`, `send_timeout` and errors. `tls`: whether gRPC decrypts
  // the connections. kResourceExhausted: no free descriptor.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const std::string& listen, bool tls,
                                                        Micros send_timeout,
                                                        Connections& connections,
                                                        const Clock& clock);
  ~Listener();

  int port() const { return sockets_.port(); }
  // Starts to accept connections. Call it once.
  void Start(HandOver hand_over);
  // Stops accepting. After Stop returns, `HandOver` is not called. Connections stay open, and are
  // watched until gRPC closes them.
  void Stop();

 private:
  Listener(ListenSockets sockets, bool tls, Connections& connections, const Clock& clock);

  void Run();
  // Accepts a limited number of connections; poll reports the rest again.
  void Accept(int listening);
  // Accepts a connection with the spare descriptor and closes it, so that the client does not hang.
  void RefuseWithSpare(int listening);
  // Waits before a retry; returns early on Stop.
  void Pause();
  void Admit(int listening, Descriptor accepted, const sockaddr_storage& address);
  void WarnRefused(Refusal refusal, const Peer& peer);

  ListenSockets sockets_;
  const bool tls_;
  Connections& connections_;
  const Clock& clock_;
  Descriptor wake_;
  std::atomic<bool> stopping_{false};

  // Used only by the listener's thread.
  HandOver hand_over_;
  Descriptor spare_;  // closed to accept and close a connection when no descriptor is free
  std::array<RateLimitedWarning, kRefusals> warnings_;

  std::thread thread_;
};

}  // namespace millrace::listener

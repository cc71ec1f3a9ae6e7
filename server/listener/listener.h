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

// Accepts connections on a thread of its own, within the limits of Connections, and hands them to
// gRPC. Nothing ends its loop: without descriptors it closes new connections, or waits and tries
// again.
class Listener {
 public:
  // Takes over a connection and its descriptor; `listening` is the socket it came by. Called on
  // the thread.
  using HandOver = std::function<void(int listening, int connection)>;

  // As ListenSockets::Open; kResourceExhausted if the kernel has no descriptors for it. `tls`:
  // whether gRPC decrypts what comes.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const std::string& listen, bool tls,
                                                        Micros send_timeout,
                                                        Connections& connections,
                                                        const Clock& clock);
  ~Listener();

  int port() const { return sockets_.port(); }
  // Begins to accept. Once.
  void Start(HandOver hand_over);
  // Accepts no more. `HandOver` is not called any more once this returns; connections stay open,
  // and are watched until gRPC closes them.
  void Stop();

 private:
  Listener(ListenSockets sockets, bool tls, Connections& connections, const Clock& clock);

  void Run();
  // Accepts some; the rest is reported again.
  void Accept(int listening);
  void AcceptFailed(int listening);
  // Until it is time to try again, or to stop.
  void Pause();
  void Admit(int listening, Descriptor accepted, const sockaddr_storage& address);
  void Refuse(Refusal refusal, const Peer& peer);

  ListenSockets sockets_;
  const bool tls_;
  Connections& connections_;
  const Clock& clock_;
  Descriptor wake_;
  std::atomic<bool> stopping_{false};

  // The thread's own.
  HandOver hand_over_;
  Descriptor spare_;  // given up to accept and close a connection when no descriptor is left
  std::array<RateLimitedWarning, kRefusals> warnings_;

  std::thread thread_;
};

}  // namespace millrace::listener

// SPDX-License-Identifier: Apache-2.0

#include "listener/listener.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "listener/watched_reads.h"
#include "spdlog/spdlog.h"

namespace millrace::listener {
namespace {

// The pause if accepting fails even with the spare descriptor.
constexpr int kAcceptPauseMillis = 100;
// Limits the accepts in a row, so that other sockets and Stop get their turn.
constexpr int kAcceptsAtOnce = 64;

Descriptor OpenSpare() { return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool LacksResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

Descriptor AcceptOne(int listening, sockaddr_storage& address) {
  socklen_t size = sizeof(address);
  return Descriptor(accept4(listening, reinterpret_cast<sockaddr*>(&address), &size,
                            SOCK_NONBLOCK | SOCK_CLOEXEC));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const std::string& listen, bool tls,
                                                         Micros send_timeout,
                                                         Connections& connections,
                                                         const Clock& clock) {
  auto sockets = ListenSockets::Open(listen, send_timeout);
  if (!sockets.ok()) return sockets.status();
  std::unique_ptr<Listener> listener(new Listener(*std::move(sockets), tls, connections, clock));
  if (!listener->wake_.ok() || !listener->spare_.ok()) {
    return absl::ResourceExhaustedError(
        fmt::format("cannot open descriptors for listening: {}", strerror(errno)));
  }
  return listener;
}

Listener::Listener(ListenSockets sockets, bool tls, Connections& connections, const Clock& clock)
    : sockets_(std::move(sockets)),
      tls_(tls),
      connections_(connections),
      clock_(clock),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      spare_(OpenSpare()) {}

Listener::~Listener() { Stop(); }

void Listener::Start(HandOver hand_over) {
  hand_over_ = std::move(hand_over);
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "listen");
}

void Listener::Stop() {
  stopping_.store(true, std::memory_order_release);
  if (thread_.joinable()) {
    eventfd_write(wake_.get(), 1);
    thread_.join();
  }
  sockets_.Close();
}

void Listener::Run() {
  std::vector<pollfd> polled{{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  for (const Descriptor& socket : sockets_.sockets()) {
    polled.push_back({.fd = socket.get(), .events = POLLIN, .revents = 0});
  }
  while (!stopping_.load(std::memory_order_acquire)) {
    poll(polled.data(), polled.size(), -1);
    for (size_t i = 1; i < polled.size(); ++i) {
      if (polled[i].revents != 0) Accept(polled[i].fd);
    }
  }
}

void Listener::Accept(int listening) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_storage address{};
    Descriptor accepted = AcceptOne(listening, address);
    if (accepted.ok()) {
      Admit(listening, std::move(accepted), address);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    if (LacksResources(errno)) return RefuseWithSpare(listening);
    // Any other error concerns only this connection, which is gone.
  }
}

void Listener::RefuseWithSpare(int listening) {
  spare_.Close();
  sockaddr_storage address{};
  Descriptor accepted = AcceptOne(listening, address);
  const bool was_accepted = accepted.ok();
  accepted.Close();
  spare_ = OpenSpare();
  if (was_accepted) {
    connections_.CountRefused(Refusal::kDescriptors);
    WarnRefused(Refusal::kDescriptors, Peer::Of(address));
  }
  if (!was_accepted || !spare_.ok()) Pause();
}

void Listener::Pause() {
  pollfd wake{.fd = wake_.get(), .events = POLLIN, .revents = 0};
  poll(&wake, 1, kAcceptPauseMillis);
  if (!spare_.ok()) spare_ = OpenSpare();
}

void Listener::Admit(int listening, Descriptor accepted, const sockaddr_storage& address) {
  const Peer peer = Peer::Of(address);
  Refusal refusal{};
  std::shared_ptr<ReadWatcher> connection = connections_.Admit(peer, refusal);
  if (connection == nullptr) return WarnRefused(refusal, peer);
  if (!WatchReads(accepted.get(), tls_, connection)) {
    connection->OnClose();
    connections_.CountRefused(Refusal::kDescriptors);
    return WarnRefused(Refusal::kDescriptors, peer);
  }
  hand_over_(listening, accepted.Release());
}

void Listener::WarnRefused(Refusal refusal, const Peer& peer) {
  const auto count = warnings_[static_cast<size_t>(refusal)].CountEvent(clock_.SteadyMicros());
  if (!count.has_value()) return;
  spdlog::warn("refused a connection peer={} reason={} open={} refused={}", peer.endpoint,
               Name(refusal), connections_.reading().open, *count);
}

}  // namespace millrace::listener

// SPDX-License-Identifier: Apache-2.0

#include "listener/watched_reads.h"

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "listener/frame_watch.h"

namespace millrace::listener {
namespace {

using Watcher = std::shared_ptr<ReadWatcher>;

struct Watched {
  bool tls = false;
  Watcher watcher;
};

// Indexed by descriptor. Pages that stay zero use no memory.
constexpr size_t kDescriptorsMax = size_t{1} << 20;
std::array<std::atomic<Watched*>, kDescriptorsMax> watched_descriptors{};

Watched* FindWatched(int descriptor) {
  const auto number = static_cast<size_t>(descriptor);
  return number < kDescriptorsMax ? watched_descriptors[number].load(std::memory_order_acquire)
                                  : nullptr;
}

void StopWatching(int descriptor) {
  if (FindWatched(descriptor) == nullptr) return;
  const std::unique_ptr<Watched> watched(
      watched_descriptors[static_cast<size_t>(descriptor)].exchange(nullptr));
  if (watched != nullptr) watched->watcher->OnClose();
}

bool PassToWatcher(ReadWatcher& watcher, const msghdr& message, size_t bytes) {
  for (size_t i = 0; i < message.msg_iovlen && bytes > 0; ++i) {
    const iovec& part = message.msg_iov[i];
    const size_t count = std::min(bytes, part.iov_len);
    if (!watcher.OnRead({static_cast<const char*>(part.iov_base), count})) return false;
    bytes -= count;
  }
  return true;
}

// The connection that this thread read from last, if it has no TLS session yet. gRPC decrypts bytes
// on the thread that has just read them from the socket, but its SSL object does not know the
// socket. This variable links the two.
thread_local std::weak_ptr<ReadWatcher> last_without_session;

// Called while gRPC uses the descriptor, so `watched` stays valid.
void RememberEncryptedRead(Watched& watched) {
  if (watched.watcher->has_session()) {
    last_without_session.reset();
  } else {
    last_without_session = watched.watcher;
  }
}

// Watches a session whose connection is unknown: stops floods, but can block no peer.
class UnattributedFrames final : public ReadWatcher {
 public:
  bool OnRead(std::string_view bytes) override {
    abused_ = abused_ || frames_.Read(bytes, Clock::System().SteadyMicros()) != Abuse::kNone;
    return !abused_;
  }
  void OnClose() override {}

 private:
  FrameWatch frames_;
  bool abused_ = false;
};

void FreeWatcher(void*, void* watcher, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Watcher*>(watcher);
}

int WatcherIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeWatcher);
  return index;
}

Watcher ConnectionOfThread() {
  Watcher watcher = std::exchange(last_without_session, {}).lock();
  if (watcher == nullptr || !watcher->ClaimForSession()) {
    return std::make_shared<UnattributedFrames>();
  }
  return watcher;
}

ReadWatcher& WatcherOf(SSL* session) {
  auto* watcher = static_cast<Watcher*>(SSL_get_ex_data(session, WatcherIndex()));
  if (watcher == nullptr) {
    watcher = new Watcher(ConnectionOfThread());
    SSL_set_ex_data(session, WatcherIndex(), watcher);
  }
  return **watcher;
}

template <typename Function>
Function RealFunction(const char* name) {
  void* const function = dlsym(RTLD_NEXT, name);
  if (function == nullptr) std::abort();
  return reinterpret_cast<Function>(function);
}

}  // namespace

bool WatchReads(int descriptor, bool tls, std::shared_ptr<ReadWatcher> watcher) {
  const auto number = static_cast<size_t>(descriptor);
  if (number >= kDescriptorsMax) return false;
  auto watched = std::make_unique<Watched>();
  watched->tls = tls;
  watched->watcher = std::move(watcher);
  Watched* const before = watched_descriptors[number].exchange(watched.release());
  MILLRACE_CHECK(before == nullptr);
  return true;
}

}  // namespace millrace::listener

extern "C" {

ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  using namespace millrace::listener;
  static const auto real = RealFunction<ssize_t (*)(int, msghdr*, int)>("recvmsg");
  const ssize_t bytes = real(descriptor, message, flags);
  Watched* const watched = FindWatched(descriptor);
  if (watched == nullptr || bytes <= 0 || (flags & (MSG_PEEK | MSG_ERRQUEUE)) != 0) return bytes;
  if (watched->tls) {
    RememberEncryptedRead(*watched);
    return bytes;
  }
  if (PassToWatcher(*watched->watcher, *message, static_cast<size_t>(bytes))) return bytes;
  // gRPC can ignore the error if it has just read other bytes: shut the socket down, too.
  shutdown(descriptor, SHUT_RDWR);
  errno = ECONNRESET;
  return -1;
}

int SSL_read(SSL* session, void* to, int size) {
  using namespace millrace::listener;
  static const auto real = RealFunction<int (*)(SSL*, void*, int)>("SSL_read");
  const int bytes = real(session, to, size);
  if (bytes <= 0 || SSL_is_server(session) == 0) return bytes;
  const std::string_view read(static_cast<const char*>(to), static_cast<size_t>(bytes));
  if (WatcherOf(session).OnRead(read)) return bytes;
  // Makes SSL_get_error return SSL_ERROR_SSL.
  ERR_raise(ERR_LIB_USER, ERR_R_PASSED_INVALID_ARGUMENT);
  return -1;
}

int close(int descriptor) {
  static const auto real = millrace::listener::RealFunction<int (*)(int)>("close");
  millrace::listener::StopWatching(descriptor);
  return real(descriptor);
}

}  // extern "C"

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <memory>
#include <string_view>

namespace millrace::listener {

// Is shown what gRPC reads from a connection. gRPC calls from threads of its own, one at a time for
// a connection.
class ReadWatcher {
 public:
  virtual ~ReadWatcher() = default;
  // The next bytes, decrypted where the connection uses TLS. False: gRPC is told that the read
  // failed, and closes the connection.
  virtual bool OnRead(std::string_view bytes) = 0;
  // The descriptor has been closed. Called once.
  virtual void OnClose() = 0;

  // Whether a TLS session shows its bytes to this one. At most one does.
  bool has_session() const { return has_session_.load(std::memory_order_relaxed); }
  // False: another session has taken it already.
  bool ClaimForSession() { return !has_session_.exchange(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> has_session_{false};
};

// Shows `watcher` what gRPC reads from `descriptor`, until that is closed. `tls`: whether gRPC
// decrypts it. False if the number of the descriptor is beyond what can be watched.
//
// gRPC 1.51 offers no place to see frames. But it reads by recvmsg and SSL_read and closes by
// close, functions of shared libraries; this room defines functions of the same names, which the
// dynamic linker prefers, and which call the real ones. All else in the process that calls them
// pays one look at a table. Thread-safe.
bool WatchReads(int descriptor, bool tls, std::shared_ptr<ReadWatcher> watcher);

}  // namespace millrace::listener

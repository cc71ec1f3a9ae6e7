// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <memory>
#include <string_view>

namespace millrace::listener {

// Receives the bytes that gRPC reads from a connection. Called on gRPC's threads, by one at a time
// for each connection.
class ReadWatcher {
 public:
  virtual ~ReadWatcher() = default;
  // Takes the next bytes, decrypted if the connection uses TLS. False: the read fails for gRPC,
  // which then closes the connection.
  virtual bool OnRead(std::string_view bytes) = 0;
  // Called once, when the descriptor is closed.
  virtual void OnClose() = 0;

  // Whether a TLS session passes its bytes to this watcher. At most one session does.
  bool has_session() const { return has_session_.load(std::memory_order_relaxed); }
  // Claims the watcher for a TLS session. False: another session has claimed it.
  bool ClaimForSession() { return !has_session_.exchange(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> has_session_{false};
};

// Passes the bytes that gRPC reads from `descriptor` to `watcher`, until the descriptor is closed.
// `tls`: whether gRPC decrypts the bytes. False if the descriptor's number is too large to be
// watched.
//
// gRPC 1.51 has no hook to see frames. But it calls recvmsg, SSL_read and close, which are
// functions of shared libraries. This room defines functions with the same names, which the dynamic
// linker prefers, and which call the real ones. Other callers in the process pay for one table
// lookup. Thread-safe.
bool WatchReads(int descriptor, bool tls, std::shared_ptr<ReadWatcher> watcher);

}  // namespace millrace::listener

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "listener/connections.h"
#include "listener/descriptor.h"
#include "listener/flood_guard.h"
#include "listener/memory_growth.h"

namespace millrace::listener {

// Sees connections end, and closes those that flood the server, on a thread of its own: gRPC may
// keep the thread that hands a connection over busy with it for as long as bytes come.
class ConnectionWatch {
 public:
  ConnectionWatch(Connections& connections, const Clock& clock)
      : connections_(connections), clock_(clock) {}
  ~ConnectionWatch();

  // kResourceExhausted: the kernel has no descriptors for it.
  absl::Status Start();
  // Watches `connection` until it ends, which is when it is removed from Connections. False if the
  // kernel cannot. Thread-safe.
  bool Add(std::shared_ptr<Connection> connection) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Id = FloodGuard::Id;

  void Run();
  int NextTimeoutMillis() const ABSL_LOCKS_EXCLUDED(mutex_);
  void Handle(const epoll_event& event) ABSL_LOCKS_EXCLUDED(mutex_);
  void Forget(Id id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Counts what the connection did since it was last looked at.
  void Inspect(Id id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Cut(const FloodGuard::Verdict& verdict) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Looks again at those that were looked at some time ago, once they receive more.
  void ArmThoseDue() ABSL_LOCKS_EXCLUDED(mutex_);

  Connections& connections_;
  const Clock& clock_;
  Descriptor epoll_;
  Descriptor wake_;
  std::atomic<bool> stopping_{false};

  mutable absl::Mutex mutex_;
  FloodGuard guard_ ABSL_GUARDED_BY(mutex_);
  MemoryGrowth memory_ ABSL_GUARDED_BY(mutex_);
  Id next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  absl::flat_hash_map<Id, std::shared_ptr<Connection>> watched_ ABSL_GUARDED_BY(mutex_);
  struct Due {
    Micros at = 0;
    Id id = 0;
  };
  std::deque<Due> due_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace millrace::listener

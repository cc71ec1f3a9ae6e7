// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "listener/descriptor.h"
#include "listener/peer.h"
#include "metrics/counters.h"

namespace millrace::listener {

// Why a new connection was closed at once.
enum class Refusal { kConnectionsMax, kPeerMax, kPeerBlocked, kDescriptors };
// Why an open connection was closed.
enum class CutReason { kUnansweredBytes, kDroppedCalls };
inline constexpr size_t kRefusals = 4;
inline constexpr size_t kCutReasons = 2;

// As metrics and status name them.
std::string_view Name(Refusal refusal);
std::string_view Name(CutReason reason);

// An open connection. Thread-safe: gRPC's threads say what calls it makes, the thread of Listener
// reads that and watches the socket.
class Connection {
 public:
  // `socket` is a descriptor of our own beside gRPC's, so that it stays valid after gRPC closed
  // its.
  Connection(Peer peer, Descriptor socket) : peer_(std::move(peer)), socket_(std::move(socket)) {}

  const Peer& peer() const { return peer_; }
  int socket() const { return socket_.get(); }

  // A call has ended, and not because the client dropped it.
  void NoteCall() { calls_.fetch_add(1, std::memory_order_relaxed); }
  // A service has read a request of so many bytes.
  void NoteMessage(uint64_t bytes) { message_bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  // The client cancelled a call that had hardly begun.
  void NoteDroppedCall() { dropped_calls_.fetch_add(1, std::memory_order_relaxed); }

  // Since the start.
  uint64_t calls() const { return calls_.load(std::memory_order_relaxed); }
  uint64_t message_bytes() const { return message_bytes_.load(std::memory_order_relaxed); }
  uint64_t dropped_calls() const { return dropped_calls_.load(std::memory_order_relaxed); }

 private:
  const Peer peer_;
  const Descriptor socket_;
  std::atomic<uint64_t> calls_{0};
  std::atomic<uint64_t> message_bytes_{0};
  std::atomic<uint64_t> dropped_calls_{0};
};

struct ConnectionLimits {
  uint32_t connections_max = 0;
  uint32_t connections_per_peer_max = 0;
};

// What operators see of connections.
struct ConnectionsReading {
  uint64_t open = 0;
  uint64_t connections_max = 0;
  uint64_t accepted = 0;
  std::array<uint64_t, kRefusals> refused{};  // by Refusal
  std::array<uint64_t, kCutReasons> cut{};    // by CutReason
};

// All open connections, the limits for new ones, and the peers that may open none for a while.
// Thread-safe.
class Connections {
 public:
  Connections(const ConnectionLimits& limits, const Clock& clock)
      : limits_(limits), clock_(clock) {}

  // Adds a connection, and counts it as accepted. `make` gives the descriptor of our own; if it
  // gives none, kDescriptors. On refusal null, and `refusal` says why; it is counted.
  std::shared_ptr<Connection> Admit(const Peer& peer, const std::function<Descriptor()>& make,
                                    Refusal& refusal) ABSL_LOCKS_EXCLUDED(mutex_);
  // For who knows it before there is a peer.
  void CountRefused(Refusal refusal) { refused_[static_cast<size_t>(refusal)].Add(); }
  void Remove(const Connection& connection) ABSL_LOCKS_EXCLUDED(mutex_);
  // Closes `connection` without sending or reading anything more. Its peer may open no new one for
  // some seconds, longer each time.
  void Cut(const Connection& connection, CutReason reason) ABSL_LOCKS_EXCLUDED(mutex_);

  // Calls `note` for the connection from `grpc_peer`, a peer as gRPC writes it, if there is one.
  void ForPeer(std::string_view grpc_peer, const std::function<void(Connection&)>& note) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  const ConnectionLimits& limits() const { return limits_; }
  ConnectionsReading reading() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Block {
    Micros until = 0;
    Micros length = 0;
  };

  bool IsBlocked(const std::string& host) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BlockHost(const std::string& host) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ConnectionLimits limits_;
  const Clock& clock_;
  Counter accepted_;
  std::array<Counter, kRefusals> refused_;
  std::array<Counter, kCutReasons> cut_;
  mutable absl::Mutex mutex_;
  // By endpoint. More than one only if the machine has several addresses and a client uses one port
  // for connections to them.
  absl::flat_hash_map<std::string, std::vector<std::shared_ptr<Connection>>> by_endpoint_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint32_t> by_host_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Block> blocks_ ABSL_GUARDED_BY(mutex_);
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::listener

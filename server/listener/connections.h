// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "listener/peer.h"
#include "listener/watched_reads.h"

namespace millrace::listener {

// Why a new connection was refused.
enum class Refusal { kConnectionsMax, kPeerMax, kPeerBlocked, kDescriptors };
// Why an open connection was closed.
enum class CutReason { kEndlessHeaders, kDroppedCalls, kIdleFrames };
inline constexpr size_t kRefusals = 4;
inline constexpr size_t kCutReasons = 3;

// The names in metrics and status.
std::string_view Name(Refusal refusal);
std::string_view Name(CutReason reason);

struct ConnectionLimits {
  uint32_t connections_max = 0;
  uint32_t connections_per_peer_max = 0;
};

// The figures for metrics and status.
struct ConnectionsReading {
  uint64_t open = 0;
  uint64_t connections_max = 0;
  uint64_t accepted = 0;
  std::array<uint64_t, kRefusals> refused{};  // by Refusal
  std::array<uint64_t, kCutReasons> cut{};    // by CutReason
};

// Tracks all open connections, enforces the limits for new ones, and blocks peers for a time.
// Thread-safe. A connection can outlive this object, because gRPC closes some only after its server
// has ended. `clock` must outlive all connections.
class Connections {
 public:
  Connections(const ConnectionLimits& limits, const Clock& clock);

  // Counts a new connection of `peer` as open until OnClose of the returned watcher. The watcher
  // inspects the client's bytes. If the client floods the server, the watcher makes the read fail
  // and blocks the peer for some seconds, longer each time. Returns null, sets `refusal` and counts
  // it if the connection is refused.
  std::shared_ptr<ReadWatcher> Admit(const Peer& peer, Refusal& refusal);
  // Counts a refusal by the caller.
  void CountRefused(Refusal refusal);

  ConnectionsReading reading() const;

 private:
  class SharedState;
  class Connection;

  const std::shared_ptr<SharedState> shared_;
};

}  // namespace millrace::listener

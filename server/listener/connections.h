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

// Why a new connection was closed at once.
enum class Refusal { kConnectionsMax, kPeerMax, kPeerBlocked, kDescriptors };
// Why an open connection was closed.
enum class CutReason { kEndlessHeaders, kDroppedCalls, kIdleFrames };
inline constexpr size_t kRefusals = 4;
inline constexpr size_t kCutReasons = 3;

// As metrics and status name them.
std::string_view Name(Refusal refusal);
std::string_view Name(CutReason reason);

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
// Thread-safe. Connections may outlive it, for gRPC closes some after its server has ended; `clock`
// must outlive them.
class Connections {
 public:
  Connections(const ConnectionLimits& limits, const Clock& clock);

  // Counts a connection of `peer` as accepted and open. It is so until OnClose of what this gives,
  // which also watches what the client sends: a client that floods the server is cut, and its peer
  // may open no new connection for some seconds, longer each time. On refusal null, and `refusal`
  // says why; it is counted.
  std::shared_ptr<ReadWatcher> Admit(const Peer& peer, Refusal& refusal);
  // For a refusal before the peer is known.
  void CountRefused(Refusal refusal);

  ConnectionsReading reading() const;

 private:
  class SharedState;
  class Connection;

  const std::shared_ptr<SharedState> shared_;
};

}  // namespace millrace::listener

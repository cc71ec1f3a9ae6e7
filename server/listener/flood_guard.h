// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "listener/connections.h"

namespace millrace::listener {

// What a connection has done since it was opened.
struct Activity {
  uint64_t read = 0;           // bytes, as in Traffic
  uint64_t acknowledged = 0;   // bytes, as in Traffic
  uint64_t calls = 0;          // that have ended in another way
  uint64_t message_bytes = 0;  // of requests that services have read, where it is known
  uint64_t dropped_calls = 0;
};

// Tells clients that flood the server from those that use it. gRPC 1.51 holds a block of headers in
// memory for as long as a client does not end it, and opens and drops streams as fast as one asks
// for. README.md says what each rule stops and why no honest client breaks it.
//
// Two things are counted:
//  - unanswered bytes of a connection: what it sent, less what accounts for it: calls that have
//    ended, requests that services have read, and a part of what it was sent, which it acknowledges
//    with frames of its own. The connections of one peer share one limit.
//  - calls of a peer that the client cancelled when they had hardly begun.
// When memory grows at the same time, far fewer unanswered bytes are enough.
//
// Knows no sockets. One thread uses it.
class FloodGuard {
 public:
  using Id = uint64_t;
  struct Verdict {
    Id connection = 0;  // to be closed
    CutReason reason = CutReason::kUnansweredBytes;
    uint64_t amount = 0;  // bytes or calls
  };

  void Add(Id connection, const std::string& host);
  void Remove(Id connection);
  // `activity` is what `connection` has done by `now` (steady).
  void Count(Id connection, const Activity& activity, Micros now);
  // Whether some connections have so many unanswered bytes that a growth of memory may be theirs.
  bool has_suspects() const;
  // Which connection is to be closed, if any, now that `connection` was counted. `growth_bytes` is
  // by how much memory grew since nobody was suspect. About each connection there is one verdict.
  std::optional<Verdict> Judge(Id connection, uint64_t growth_bytes);

  // Those of all connections of a host beyond what each may have for nothing; for tests.
  uint64_t UnansweredBytesOf(const std::string& host) const;

 private:
  // Dropped calls that time has not forgiven yet.
  struct DroppedCalls {
    double count = 0;
    Micros at = 0;
    void Add(uint64_t more, Micros now);
  };
  struct Watched {
    std::string host;
    Activity seen;
    Micros seen_at = 0;
    uint64_t unanswered_bytes = 0;
    DroppedCalls dropped;
    bool condemned = false;
  };
  struct Host {
    uint32_t connections = 0;
    uint64_t unanswered_bytes = 0;  // sum of Excess
    DroppedCalls dropped;
  };

  static uint64_t Excess(const Watched& connection);
  static uint64_t Suspect(const Watched& connection);
  static uint64_t AccountedBytes(const Activity& before, const Activity& now, double seconds);
  void CountBytes(Watched& connection, Host& host, const Activity& activity, Micros now);
  // The connection of `host`, or of all if that is null, of which `amount_of` is greatest.
  template <typename AmountOf>
  Verdict Condemn(const std::string* host, CutReason reason, const AmountOf& amount_of);

  absl::flat_hash_map<Id, Watched> connections_;
  uint64_t suspect_bytes_ = 0;  // sum of Suspect
  absl::flat_hash_map<std::string, Host> hosts_;
};

}  // namespace millrace::listener

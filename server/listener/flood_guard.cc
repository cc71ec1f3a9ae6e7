// SPDX-License-Identifier: Apache-2.0

#include "listener/flood_guard.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace millrace::listener {
namespace {

constexpr uint64_t kKiB = 1024;

// Of the connections of a peer together. A request may take 256 KiB and is counted while it
// arrives.
constexpr uint64_t kUnansweredBytesMax = 320 * kKiB;
// What a connection may have beside that: handshake, settings, the first call.
constexpr uint64_t kFreeBytes = 16 * kKiB;
// A connection with fewer is never suspect; those with more are, once they have so many together.
constexpr uint64_t kUnsuspectBytes = 32 * kKiB;
constexpr uint64_t kSuspectBytes = 64 * kKiB;
// By how much memory may grow while there are suspects.
constexpr uint64_t kGrowthBytesMax = 64 * 1024 * kKiB;
// What a call accounts for beside a large message: gRPC refuses larger headers in one frame.
constexpr uint64_t kCallBytes = 8 * kKiB;
// The same of one that was dropped. It is counted apart; this is so that clients which give up
// early do not collect unanswered bytes.
constexpr uint64_t kDroppedCallBytes = kKiB / 2;
// What we send accounts for what it makes a client send: PING and SETTINGS for as many bytes;
// each message for a frame or two, where the smallest message has some 150 bytes; bulk for less,
// since it is acknowledged in large pieces.
constexpr double kEchoedBytesPerSecond = 1 * kKiB;
constexpr uint64_t kSmallMessageShare = 2;
constexpr double kSmallMessageBytesPerSecond = 1024 * kKiB;
constexpr uint64_t kBulkShare = 256;
// Of the connections of a peer together: at once, and a second.
constexpr double kDroppedCallsMax = 1000;
constexpr double kDroppedCallsPerSecond = 500;

double Seconds(Micros time) { return static_cast<double>(time) / 1e6; }

// Counters are read one after the other while they grow, so one may seem to go back.
uint64_t Growth(uint64_t from, uint64_t to) { return to > from ? to - from : 0; }

}  // namespace

void FloodGuard::Add(Id connection, const std::string& host) {
  const bool added = connections_.try_emplace(connection, Watched{.host = host}).second;
  MILLRACE_CHECK(added);
  ++hosts_[host].connections;
}

void FloodGuard::Remove(Id connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  suspect_bytes_ -= Suspect(found->second);
  const auto host = hosts_.find(found->second.host);
  host->second.unanswered_bytes -= Excess(found->second);
  if (--host->second.connections == 0) hosts_.erase(host);
  connections_.erase(found);
}

uint64_t FloodGuard::Excess(const Watched& connection) {
  if (connection.condemned) return 0;
  return Growth(kFreeBytes, connection.unanswered_bytes);
}

uint64_t FloodGuard::Suspect(const Watched& connection) {
  if (connection.condemned || connection.unanswered_bytes < kUnsuspectBytes) return 0;
  return connection.unanswered_bytes;
}

bool FloodGuard::has_suspects() const { return suspect_bytes_ > kSuspectBytes; }

void FloodGuard::DroppedCalls::Add(uint64_t more, Micros now) {
  count = std::max(0.0, count - kDroppedCallsPerSecond * Seconds(now - at));
  count += static_cast<double>(more);
  at = now;
}

uint64_t FloodGuard::AccountedBytes(const Activity& before, const Activity& now, double seconds) {
  const auto at_most = [&](uint64_t bytes, double per_second) {
    return std::min(bytes, static_cast<uint64_t>(per_second * seconds));
  };
  const uint64_t sent = Growth(before.acknowledged, now.acknowledged);
  return at_most(sent, kEchoedBytesPerSecond) +
         at_most(sent / kSmallMessageShare, kSmallMessageBytesPerSecond) + sent / kBulkShare +
         Growth(before.calls, now.calls) * kCallBytes +
         Growth(before.dropped_calls, now.dropped_calls) * kDroppedCallBytes +
         Growth(before.message_bytes, now.message_bytes);
}

void FloodGuard::CountBytes(Watched& connection, Host& host, const Activity& activity, Micros now) {
  const uint64_t accounted =
      AccountedBytes(connection.seen, activity, Seconds(now - connection.seen_at));
  const uint64_t read = Growth(connection.seen.read, activity.read);
  host.unanswered_bytes -= Excess(connection);
  suspect_bytes_ -= Suspect(connection);
  connection.unanswered_bytes = Growth(accounted, connection.unanswered_bytes + read);
  host.unanswered_bytes += Excess(connection);
  suspect_bytes_ += Suspect(connection);
}

void FloodGuard::Count(Id id, const Activity& activity, Micros now) {
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second.condemned) return;
  Watched& connection = found->second;
  Host& host = hosts_.at(connection.host);
  CountBytes(connection, host, activity, now);
  const uint64_t dropped = Growth(connection.seen.dropped_calls, activity.dropped_calls);
  connection.dropped.Add(dropped, now);
  host.dropped.Add(dropped, now);
  connection.seen = {.read = std::max(connection.seen.read, activity.read),
                     .acknowledged = std::max(connection.seen.acknowledged, activity.acknowledged),
                     .calls = activity.calls,
                     .message_bytes = activity.message_bytes,
                     .dropped_calls = activity.dropped_calls};
  connection.seen_at = now;
}

std::optional<FloodGuard::Verdict> FloodGuard::Judge(Id id, uint64_t growth_bytes) {
  if (has_suspects() && growth_bytes > kGrowthBytesMax) {
    return Condemn(nullptr, CutReason::kUnansweredBytes, Suspect);
  }
  const auto found = connections_.find(id);
  if (found == connections_.end() || found->second.condemned) return std::nullopt;
  const std::string& name = found->second.host;
  const Host& host = hosts_.at(name);
  if (host.dropped.count > kDroppedCallsMax) {
    return Condemn(&name, CutReason::kDroppedCalls,
                   [](const Watched& each) { return static_cast<uint64_t>(each.dropped.count); });
  }
  if (host.unanswered_bytes > kUnansweredBytesMax) {
    return Condemn(&name, CutReason::kUnansweredBytes, Excess);
  }
  return std::nullopt;
}

template <typename AmountOf>
FloodGuard::Verdict FloodGuard::Condemn(const std::string* host, CutReason reason,
                                        const AmountOf& amount_of) {
  Verdict verdict{.reason = reason};
  Watched* condemned = nullptr;
  for (auto& [id, connection] : connections_) {
    if (connection.condemned || (host != nullptr && connection.host != *host)) continue;
    const uint64_t amount = amount_of(connection);
    if (condemned != nullptr && amount <= verdict.amount) continue;
    condemned = &connection;
    verdict.connection = id;
    verdict.amount = amount;
  }
  MILLRACE_CHECK(condemned != nullptr);
  Host& of_host = hosts_.at(condemned->host);
  of_host.unanswered_bytes -= Excess(*condemned);
  suspect_bytes_ -= Suspect(*condemned);
  of_host.dropped.count -= std::min(of_host.dropped.count, condemned->dropped.count);
  condemned->condemned = true;
  return verdict;
}

uint64_t FloodGuard::UnansweredBytesOf(const std::string& host) const {
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? 0 : found->second.unanswered_bytes;
}

}  // namespace millrace::listener

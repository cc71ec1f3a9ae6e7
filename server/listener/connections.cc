// SPDX-License-Identifier: Apache-2.0

#include "listener/connections.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"

namespace millrace::listener {
namespace {

constexpr Micros kSecond = 1'000'000;
// The first time, and at most; each time doubles it.
constexpr Micros kBlockLeast = 5 * kSecond;
constexpr Micros kBlockMost = 60 * kSecond;
// A peer that behaved this long after a block begins anew.
constexpr Micros kForgetAfter = 300 * kSecond;
// Of a flood from more addresses than these, the blocks that end first are forgotten.
constexpr size_t kBlocksMax = 10'000;

}  // namespace

std::string_view Name(Refusal refusal) {
  switch (refusal) {
    case Refusal::kConnectionsMax:
      return "connections_max";
    case Refusal::kPeerMax:
      return "connections_per_peer_max";
    case Refusal::kPeerBlocked:
      return "peer_blocked";
    case Refusal::kDescriptors:
      return "descriptors";
  }
  MILLRACE_UNREACHABLE();
}

std::string_view Name(CutReason reason) {
  switch (reason) {
    case CutReason::kUnansweredBytes:
      return "unanswered_bytes";
    case CutReason::kDroppedCalls:
      return "dropped_calls";
  }
  MILLRACE_UNREACHABLE();
}

std::shared_ptr<Connection> Connections::Admit(const Peer& peer,
                                               const std::function<Descriptor()>& make,
                                               Refusal& refusal) {
  absl::MutexLock lock(&mutex_);
  const auto refuse = [&](Refusal reason) {
    refusal = reason;
    CountRefused(reason);
    return nullptr;
  };
  if (IsBlocked(peer.host)) return refuse(Refusal::kPeerBlocked);
  if (open_ >= limits_.connections_max) return refuse(Refusal::kConnectionsMax);
  const auto counted = by_host_.find(peer.host);
  const uint32_t of_host = counted == by_host_.end() ? 0 : counted->second;
  if (of_host >= limits_.connections_per_peer_max) return refuse(Refusal::kPeerMax);
  Descriptor socket = make();
  if (!socket.ok()) return refuse(Refusal::kDescriptors);
  auto connection = std::make_shared<Connection>(peer, std::move(socket));
  by_endpoint_[peer.endpoint].push_back(connection);
  ++by_host_[peer.host];
  ++open_;
  accepted_.Add();
  return connection;
}

void Connections::Remove(const Connection& connection) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_endpoint_.find(connection.peer().endpoint);
  if (found == by_endpoint_.end()) return;
  const size_t removed =
      std::erase_if(found->second, [&](const auto& each) { return each.get() == &connection; });
  if (removed == 0) return;
  if (found->second.empty()) by_endpoint_.erase(found);
  const auto counted = by_host_.find(connection.peer().host);
  if (--counted->second == 0) by_host_.erase(counted);
  --open_;
}

void Connections::Cut(const Connection& connection, CutReason reason) {
  cut_[static_cast<size_t>(reason)].Add();
  // Unlike a shutdown, this also throws away what has arrived and gRPC has not read.
  const sockaddr nothing{.sa_family = AF_UNSPEC, .sa_data = {}};
  connect(connection.socket(), &nothing, sizeof(nothing));
  absl::MutexLock lock(&mutex_);
  BlockHost(connection.peer().host);
}

void Connections::ForPeer(std::string_view grpc_peer,
                          const std::function<void(Connection&)>& note) const {
  const std::optional<std::string> endpoint = EndpointOf(grpc_peer);
  if (!endpoint.has_value()) return;
  absl::MutexLock lock(&mutex_);
  const auto found = by_endpoint_.find(*endpoint);
  if (found == by_endpoint_.end()) return;
  for (const auto& connection : found->second) note(*connection);
}

ConnectionsReading Connections::reading() const {
  ConnectionsReading reading{.connections_max = limits_.connections_max,
                             .accepted = accepted_.value()};
  for (size_t i = 0; i < kRefusals; ++i) reading.refused[i] = refused_[i].value();
  for (size_t i = 0; i < kCutReasons; ++i) reading.cut[i] = cut_[i].value();
  absl::MutexLock lock(&mutex_);
  reading.open = open_;
  return reading;
}

bool Connections::IsBlocked(const std::string& host) const {
  const auto block = blocks_.find(host);
  return block != blocks_.end() && clock_.SteadyMicros() < block->second.until;
}

void Connections::BlockHost(const std::string& host) {
  const Micros now = clock_.SteadyMicros();
  Block& block = blocks_[host];
  // Connections that were cut together count once.
  if (now < block.until) return;
  const bool again = block.length != 0 && now - block.until < kForgetAfter;
  block.length = again ? std::min(2 * block.length, kBlockMost) : kBlockLeast;
  block.until = now + block.length;
  if (blocks_.size() <= kBlocksMax) return;
  absl::erase_if(blocks_, [&](const auto& each) { return each.second.until <= now; });
  while (blocks_.size() > kBlocksMax) {
    blocks_.erase(std::min_element(
        blocks_.begin(), blocks_.end(),
        [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  }
}

}  // namespace millrace::listener

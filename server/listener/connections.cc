// SPDX-License-Identifier: Apache-2.0

#include "listener/connections.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "base/check.h"
#include "listener/frame_watch.h"
#include "listener/rate_limited_warning.h"
#include "metrics/counters.h"
#include "spdlog/spdlog.h"

namespace millrace::listener {
namespace {

constexpr Micros kSecond = 1'000'000;
// The first and the longest block. Each further block is twice as long.
constexpr Micros kBlockTimeMin = 5 * kSecond;
constexpr Micros kBlockTimeMax = 60 * kSecond;
// If a peer does not flood for this long after a block, its next block is the shortest again.
constexpr Micros kForgetBlockAfter = 300 * kSecond;
// If more peers than this are blocked, the blocks that end first are dropped.
constexpr size_t kBlocksMax = 10'000;

CutReason ReasonOf(Abuse abuse) {
  switch (abuse) {
    case Abuse::kEndlessHeaders:
      return CutReason::kEndlessHeaders;
    case Abuse::kDroppedCalls:
      return CutReason::kDroppedCalls;
    case Abuse::kIdleFrames:
      return CutReason::kIdleFrames;
    case Abuse::kNone:
      break;
  }
  MILLRACE_UNREACHABLE();
}

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
    case CutReason::kEndlessHeaders:
      return "endless_headers";
    case CutReason::kDroppedCalls:
      return "dropped_calls";
    case CutReason::kIdleFrames:
      return "idle_frames";
  }
  MILLRACE_UNREACHABLE();
}

// The state that all connections share. Thread-safe.
class Connections::SharedState {
 public:
  SharedState(const ConnectionLimits& limits, const Clock& clock)
      : limits_(limits), clock_(clock) {}

  const Clock& clock() const { return clock_; }
  std::optional<Refusal> Add(const std::string& host) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remove(const std::string& host) ABSL_LOCKS_EXCLUDED(mutex_);
  void CountRefused(Refusal refusal) { refused_[static_cast<size_t>(refusal)].Add(); }
  // Also blocks the peer.
  void CountCut(const Peer& peer, CutReason reason) ABSL_LOCKS_EXCLUDED(mutex_);
  ConnectionsReading reading() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Block {
    Micros until = 0;
    Micros length = 0;
  };

  bool IsBlocked(const std::string& host) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BlockHost(const std::string& host, Micros now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BoundBlocks(Micros now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ConnectionLimits limits_;
  const Clock& clock_;
  Counter accepted_;
  std::array<Counter, kRefusals> refused_;
  std::array<Counter, kCutReasons> cut_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, uint32_t> by_host_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Block> blocks_ ABSL_GUARDED_BY(mutex_);
  uint64_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  RateLimitedWarning warning_ ABSL_GUARDED_BY(mutex_);
};

// An open connection.
class Connections::Connection final : public ReadWatcher {
 public:
  Connection(Peer peer, std::shared_ptr<SharedState> shared)
      : peer_(std::move(peer)), shared_(std::move(shared)) {}

  bool OnRead(std::string_view bytes) override {
    if (cut_) return false;
    const Abuse abuse = frames_.Read(bytes, shared_->clock().SteadyMicros());
    if (abuse == Abuse::kNone) return true;
    cut_ = true;
    shared_->CountCut(peer_, ReasonOf(abuse));
    return false;
  }
  void OnClose() override { shared_->Remove(peer_.host); }

 private:
  const Peer peer_;
  const std::shared_ptr<SharedState> shared_;
  FrameWatch frames_;
  bool cut_ = false;
};

Connections::Connections(const ConnectionLimits& limits, const Clock& clock)
    : shared_(std::make_shared<SharedState>(limits, clock)) {}

std::shared_ptr<ReadWatcher> Connections::Admit(const Peer& peer, Refusal& refusal) {
  const std::optional<Refusal> refused = shared_->Add(peer.host);
  if (!refused.has_value()) return std::make_shared<Connection>(peer, shared_);
  refusal = *refused;
  CountRefused(refusal);
  return nullptr;
}

void Connections::CountRefused(Refusal refusal) { shared_->CountRefused(refusal); }

ConnectionsReading Connections::reading() const { return shared_->reading(); }

std::optional<Refusal> Connections::SharedState::Add(const std::string& host) {
  absl::MutexLock lock(&mutex_);
  if (IsBlocked(host)) return Refusal::kPeerBlocked;
  if (open_ >= limits_.connections_max) return Refusal::kConnectionsMax;
  const auto found = by_host_.find(host);
  const uint32_t of_host = found == by_host_.end() ? 0 : found->second;
  if (of_host >= limits_.connections_per_peer_max) return Refusal::kPeerMax;
  ++by_host_[host];
  ++open_;
  accepted_.Add();
  return std::nullopt;
}

void Connections::SharedState::Remove(const std::string& host) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_host_.find(host);
  MILLRACE_CHECK(found != by_host_.end());
  if (--found->second == 0) by_host_.erase(found);
  --open_;
}

void Connections::SharedState::CountCut(const Peer& peer, CutReason reason) {
  cut_[static_cast<size_t>(reason)].Add();
  std::optional<uint64_t> count;
  {
    const Micros now = clock_.SteadyMicros();
    absl::MutexLock lock(&mutex_);
    BlockHost(peer.host, now);
    count = warning_.CountEvent(now);
  }
  if (!count.has_value()) return;
  spdlog::warn("closed a connection that floods the server peer={} reason={} cut={}", peer.endpoint,
               Name(reason), *count);
}

ConnectionsReading Connections::SharedState::reading() const {
  ConnectionsReading reading{.connections_max = limits_.connections_max,
                             .accepted = accepted_.value()};
  for (size_t i = 0; i < kRefusals; ++i) reading.refused[i] = refused_[i].value();
  for (size_t i = 0; i < kCutReasons; ++i) reading.cut[i] = cut_[i].value();
  absl::MutexLock lock(&mutex_);
  reading.open = open_;
  return reading;
}

bool Connections::SharedState::IsBlocked(const std::string& host) const {
  const auto block = blocks_.find(host);
  return block != blocks_.end() && clock_.SteadyMicros() < block->second.until;
}

void Connections::SharedState::BlockHost(const std::string& host, Micros now) {
  Block& block = blocks_[host];
  // Several connections that are cut together count as one block.
  if (now < block.until) return;
  const bool again = block.length != 0 && now - block.until < kForgetBlockAfter;
  block.length = again ? std::min(2 * block.length, kBlockTimeMax) : kBlockTimeMin;
  block.until = now + block.length;
  if (blocks_.size() > kBlocksMax) BoundBlocks(now);
}

void Connections::SharedState::BoundBlocks(Micros now) {
  absl::erase_if(blocks_, [&](const auto& each) { return each.second.until <= now; });
  while (blocks_.size() > kBlocksMax) {
    blocks_.erase(std::min_element(
        blocks_.begin(), blocks_.end(),
        [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  }
}

}  // namespace millrace::listener

// SPDX-License-Identifier: Apache-2.0

#include "mirror/mirror_progress.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace millrace::mirror {
namespace {

constexpr size_t kWarningsMax = 100;

// Returns the commit time of the change, or 0 if it is not in memory.
Micros CommitTimeOf(const feed::Feed& feed, Sequence sequence) {
  const auto frames = feed.Read(sequence, 1, feed::ReadFrom::kMemory);
  if (!frames.ok() || frames->empty()) return 0;
  Sequence first = frames->front()->first();
  for (const log::Segment& segment : frames->front()->segments()) {
    first.value += segment.change_count;
    if (sequence < first) return segment.commit_time;
  }
  return 0;
}

}  // namespace

void MirrorProgress::SetError(const absl::Status& error) {
  absl::MutexLock lock(&mutex_);
  error_ = error;
}

bool MirrorProgress::Warn(const std::string& subject, const std::string& warning) {
  absl::MutexLock lock(&mutex_);
  if (warnings_.size() >= kWarningsMax && warnings_.count(subject) == 0) return false;
  std::string& kept = warnings_[subject];
  if (kept == warning) return false;
  kept = warning;
  return true;
}

void MirrorProgress::SetPosition(std::optional<Sequence> position) {
  absl::MutexLock lock(&mutex_);
  position_known_ = true;
  position_ = position;
}

void MirrorProgress::CountCommit(const TopicCounts& counts, Sequence position) {
  absl::MutexLock lock(&mutex_);
  position_known_ = true;
  position_ = position;
  error_ = absl::OkStatus();
  ++transactions_;
  for (const auto& [topic, count] : counts) {
    TopicCount& total = topics_[topic];
    total.records += count.records;
    total.bytes += count.bytes;
    records_ += count.records;
  }
}

void MirrorProgress::CountAbort() {
  absl::MutexLock lock(&mutex_);
  ++transactions_aborted_;
}

std::optional<Sequence> MirrorProgress::HoldFrom() const {
  absl::MutexLock lock(&mutex_);
  return position_known_ ? position_ : Sequence{0};
}

void MirrorProgress::Describe(const feed::Feed& feed, const Clock& clock,
                              MirrorStatus& status) const {
  std::optional<Sequence> position;
  uint64_t records = 0;
  {
    absl::MutexLock lock(&mutex_);
    position = position_;
    records = records_;
    if (!error_.ok()) {
      status.error = std::string(error_.message());
      status.error_reason = ErrorReason(error_);
    }
    for (const auto& [subject, warning] : warnings_) status.warnings.push_back(warning);
    for (const auto& [name, count] : topics_) {
      status.topics.push_back({.name = name, .records = count.records});
    }
    status.records = records_;
    status.transactions = transactions_;
    status.transactions_aborted = transactions_aborted_;
  }
  status.records_per_second = records_rate_.PerSecond(records);
  if (!position.has_value()) return;
  status.sequence = position;
  const log::Range range = feed.range();
  if (*position >= range.newest) return;
  const Sequence first = std::max(position->next(), range.oldest);
  status.lag_changes = range.newest.value - position->value;
  const Micros commit_time = CommitTimeOf(feed, first);
  if (commit_time <= 0) return;
  status.lag = std::max<Micros>(clock.WallMicros() - commit_time, 0);
}

}  // namespace millrace::mirror

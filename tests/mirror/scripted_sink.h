// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "mirror/sink.h"

namespace millrace::mirror {

// Shared state of one mirror's sinks: what they committed, and how their next calls behave.
// Thread-safe.
class ScriptedStore {
 public:
  // FailAdd and FailCommit make the next Add or Commit return `error`.
  void FailAdd(absl::Status error) {
    absl::MutexLock lock(&mutex_);
    add_error_ = std::move(error);
  }
  void FailCommit(absl::Status error) {
    absl::MutexLock lock(&mutex_);
    commit_error_ = std::move(error);
  }
  // Blocks all commits until ReleaseCommits.
  void HoldCommits() {
    absl::MutexLock lock(&mutex_);
    held_ = true;
  }
  void ReleaseCommits() {
    absl::MutexLock lock(&mutex_);
    held_ = false;
  }
  void AwaitHeldCommit() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&waiting_));
  }
  // Waits until change `sequence` is committed.
  void AwaitChange(uint64_t sequence) {
    absl::MutexLock lock(&mutex_);
    const auto has = [&] {
      mutex_.AssertHeld();
      return !changes_.empty() && changes_.back() >= sequence;
    };
    mutex_.Await(absl::Condition(&has));
  }
  // Waits until a position is committed.
  void AwaitPosition() {
    absl::MutexLock lock(&mutex_);
    const auto has = [&] {
      mutex_.AssertHeld();
      return position_.has_value();
    };
    mutex_.Await(absl::Condition(&has));
  }

  void SetPosition(const MirrorPosition& position) {
    absl::MutexLock lock(&mutex_);
    position_ = position;
  }
  std::optional<MirrorPosition> position() const {
    absl::MutexLock lock(&mutex_);
    return position_;
  }
  // Sequences of the committed changes, in commit order.
  std::vector<uint64_t> changes() const {
    absl::MutexLock lock(&mutex_);
    return changes_;
  }

  void CountPoll() {
    absl::MutexLock lock(&mutex_);
    ++polls_;
  }
  uint64_t polls() const {
    absl::MutexLock lock(&mutex_);
    return polls_;
  }
  absl::Status TakeAddError() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(add_error_, absl::OkStatus());
  }
  absl::Status Commit(const std::vector<uint64_t>& changes, const MirrorPosition& position) {
    absl::MutexLock lock(&mutex_);
    waiting_ = held_;
    const auto released = [&] {
      mutex_.AssertHeld();
      return !held_;
    };
    mutex_.Await(absl::Condition(&released));
    waiting_ = false;
    if (!commit_error_.ok()) return std::exchange(commit_error_, absl::OkStatus());
    changes_.insert(changes_.end(), changes.begin(), changes.end());
    position_ = position;
    return absl::OkStatus();
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Status add_error_ ABSL_GUARDED_BY(mutex_);
  absl::Status commit_error_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t polls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<MirrorPosition> position_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint64_t> changes_ ABSL_GUARDED_BY(mutex_);
};

// A sink that writes the sequences of changes to `store`, which must outlive it.
class ScriptedSink final : public Sink {
 public:
  explicit ScriptedSink(ScriptedStore& store) : store_(store) {}

  absl::StatusOr<std::optional<MirrorPosition>> ReadPosition(Waiter& waiter) override {
    return store_.position();
  }
  absl::Status Open(Waiter& waiter) override { return absl::OkStatus(); }
  void Close() override { pending_.clear(); }
  void Poll() override { store_.CountPoll(); }
  absl::Status Begin() override {
    pending_.clear();
    return absl::OkStatus();
  }
  absl::StatusOr<AddResult> Add(const feed::FramePtr& frame, Sequence from,
                                Micros deadline) override {
    absl::Status error = store_.TakeAddError();
    if (!error.ok()) return error;
    const Sequence last = frame->last();
    for (Sequence next = from; next <= last; next = next.next()) pending_.push_back(next.value);
    return AddResult{.last_change = last};
  }
  absl::Status AddHeartbeat(Micros now) override { return absl::OkStatus(); }
  bool HasRecords() const override { return !pending_.empty(); }
  absl::StatusOr<TopicCounts> Commit(const MirrorPosition& position) override {
    absl::Status status = store_.Commit(pending_, position);
    if (!status.ok()) return status;
    return TopicCounts{{"changes", {.records = pending_.size()}}};
  }
  void Abort() override { pending_.clear(); }
  absl::Status TakenOverError() const override { return absl::AbortedError("taken over"); }
  absl::Status WithTable(const absl::Status& error) const override { return error; }

 private:
  ScriptedStore& store_;
  std::vector<uint64_t> pending_;
};

}  // namespace millrace::mirror

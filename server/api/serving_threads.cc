// SPDX-License-Identifier: Apache-2.0

#include "api/serving_threads.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/time/clock.h"

namespace millrace::api {
namespace {

// Accuracy of the times of progress responses. Changes never wait for a tick.
constexpr Micros kTick = 50'000;

}  // namespace

class ServingThreads::Worker {
 public:
  explicit Worker(const Clock& clock) : clock_(clock), thread_([this] { Run(); }) {
    pthread_setname_np(thread_.native_handle(), "serve");
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

  void Add(std::shared_ptr<ServedStream> stream) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    const ServedStream* key = stream.get();
    added_.push_back(std::move(stream));
    scheduled_.push_back(key);
    ++size_;
  }
  void Schedule(const ServedStream* stream) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    scheduled_.push_back(stream);
  }
  void Publish() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    published_ = true;
  }
  void EndStreams() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    stopping_ = published_ = true;
  }
  void WaitUntilNoStreams(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithDeadline(absl::Condition(this, &Worker::HasNoStreams), deadline);
  }
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return size_;
  }

 private:
  // Whether the thread can advance a stream.
  enum class State { kReady, kWaiting, kBusy };
  struct Entry {
    std::shared_ptr<ServedStream> stream;
    State state = State::kReady;
  };

  void Run() {
    while (WaitForWork()) AdvanceAll();
  }

  // Waits for work. False once the thread must end.
  bool WaitForWork() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    size_ = entries_.size() + added_.size();
    if (!has_ready_streams_) {
      mutex_.AwaitWithTimeout(absl::Condition(this, &Worker::HasWork), absl::Microseconds(kTick));
    }
    for (std::shared_ptr<ServedStream>& stream : added_) {
      const ServedStream* key = stream.get();
      entries_.emplace(key, Entry{.stream = std::move(stream)});
    }
    added_.clear();
    for (const ServedStream* key : scheduled_) {
      const auto entry = entries_.find(key);
      if (entry != entries_.end()) entry->second.state = State::kReady;
    }
    scheduled_.clear();
    wake_all_ = std::exchange(published_, false) || stopping_;
    stop_streams_ = stopping_;
    return !ended_;
  }

  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return published_ || !scheduled_.empty() || ended_;
  }
  bool HasNoStreams() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return size_ == 0; }

  void AdvanceAll() {
    const Micros now = clock_.SteadyMicros();
    const bool tick = now - ticked_at_ >= kTick;
    if (tick) ticked_at_ = now;
    has_ready_streams_ = false;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      State& state = entry->second.state;
      ServedStream& stream = *entry->second.stream;
      const bool wake =
          state == State::kWaiting && (wake_all_ || (tick && stream.ProgressTime() <= now));
      if (state != State::kReady && !wake) {
        ++entry;
        continue;
      }
      switch (stream.Advance(stop_streams_)) {
        case ServedStream::Next::kAgain:
          state = State::kReady;
          has_ready_streams_ = true;
          break;
        case ServedStream::Next::kWait:
          state = State::kWaiting;
          break;
        case ServedStream::Next::kBusy:
          state = State::kBusy;
          break;
        case ServedStream::Next::kGone:
          entries_.erase(entry++);
          continue;
      }
      ++entry;
    }
  }

  const Clock& clock_;

  // Only the thread uses these.
  absl::flat_hash_map<const ServedStream*, Entry> entries_;
  bool has_ready_streams_ = false;
  bool wake_all_ = false;
  bool stop_streams_ = false;
  Micros ticked_at_ = 0;

  mutable absl::Mutex mutex_;
  std::vector<std::shared_ptr<ServedStream>> added_ ABSL_GUARDED_BY(mutex_);
  std::vector<const ServedStream*> scheduled_ ABSL_GUARDED_BY(mutex_);
  bool published_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;

  std::thread thread_;
};

ServingThreads::ServingThreads(feed::Feed& feed, const Clock& clock, size_t thread_count)
    : feed_(feed) {
  for (size_t i = 0; i < thread_count; ++i) workers_.push_back(std::make_unique<Worker>(clock));
  feed_.AddListener(this);
}

ServingThreads::~ServingThreads() { Stop(); }

void ServingThreads::Add(std::shared_ptr<ServedStream> stream) {
  const auto least_loaded =
      std::min_element(workers_.begin(), workers_.end(),
                       [](const auto& a, const auto& b) { return a->size() < b->size(); });
  stream->worker_ = static_cast<size_t>(least_loaded - workers_.begin());
  (*least_loaded)->Add(std::move(stream));
}

void ServingThreads::Schedule(const ServedStream* stream) {
  workers_[stream->worker_]->Schedule(stream);
}

void ServingThreads::OnPublished() {
  for (const auto& worker : workers_) worker->Publish();
}

void ServingThreads::EndStreams(Micros grace) {
  const absl::Time deadline = absl::Now() + absl::Microseconds(grace);
  for (const auto& worker : workers_) worker->EndStreams();
  for (const auto& worker : workers_) worker->WaitUntilNoStreams(deadline);
}

void ServingThreads::Stop() {
  feed_.RemoveListener(this);
  for (const auto& worker : workers_) worker->Stop();
  for (const auto& worker : workers_) worker->Join();
}

}  // namespace millrace::api

// SPDX-License-Identifier: Apache-2.0

#include "feed/disk_readers.h"

#include <pthread.h>

#include <utility>

namespace millrace::feed {
namespace {

// Each holds a request in memory. Streams are bounded by server.streams_max.
constexpr size_t kCallsMax = 1000;

}  // namespace

DiskReaders::DiskReaders(size_t thread_count) {
  for (size_t i = 0; i < thread_count; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), "read");
  }
}

DiskReaders::~DiskReaders() { Stop(); }

void DiskReaders::Post(For whom, Task task) {
  Turn refusal = Turn::kStopping;
  {
    absl::MutexLock lock(&mutex_);
    Queue& queue = QueueOf(whom);
    const bool full = whom == For::kCall && queue.size() >= kCallsMax;
    if (!stopping_ && !full) {
      queue.push_back(std::move(task));
      return;
    }
    if (!stopping_) refusal = Turn::kBusy;
  }
  task(refusal);
}

void DiskReaders::RequestStop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

void DiskReaders::Stop() {
  RequestStop();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void DiskReaders::Run() {
  while (true) {
    Task task;
    Turn turn = Turn::kRead;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &DiskReaders::HasTaskOrStops));
      task = TakeNext();
      if (stopping_) turn = Turn::kStopping;
    }
    if (!task) return;
    task(turn);
  }
}

bool DiskReaders::HasTaskOrStops() const {
  return stopping_ || !queues_[0].empty() || !queues_[1].empty();
}

// Nothing if there is none.
DiskReaders::Task DiskReaders::TakeNext() {
  const For other = next_ == For::kCall ? For::kStream : For::kCall;
  const For whom = QueueOf(next_).empty() ? other : next_;
  Queue& queue = QueueOf(whom);
  if (queue.empty()) return nullptr;
  Task task = std::move(queue.front());
  queue.pop_front();
  next_ = whom == For::kCall ? For::kStream : For::kCall;
  return task;
}

}  // namespace millrace::feed

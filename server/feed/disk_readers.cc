// SPDX-License-Identifier: Apache-2.0

#include "feed/disk_readers.h"

#include <pthread.h>

#include <utility>

namespace millrace::feed {
namespace {

// Each call holds a request in memory. server.streams_max bounds the streams.
constexpr size_t kCallsMax = 1000;

}  // namespace

DiskReaders::DiskReaders(size_t thread_count) {
  for (size_t i = 0; i < thread_count; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), "read");
  }
}

DiskReaders::~DiskReaders() { Stop(); }

void DiskReaders::Post(Caller caller, Task task) {
  Admission refusal = Admission::kStopping;
  {
    absl::MutexLock lock(&mutex_);
    Queue& queue = QueueOf(caller);
    const bool full = caller == Caller::kCall && queue.size() >= kCallsMax;
    if (!stopping_ && !full) {
      queue.push_back(std::move(task));
      return;
    }
    if (!stopping_) refusal = Admission::kBusy;
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
    Admission admission = Admission::kRead;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &DiskReaders::HasTaskOrIsStopping));
      task = TakeNext();
      if (stopping_) admission = Admission::kStopping;
    }
    if (!task) return;
    task(admission);
  }
}

bool DiskReaders::HasTaskOrIsStopping() const {
  return stopping_ || !queues_[0].empty() || !queues_[1].empty();
}

// Null if there is none.
DiskReaders::Task DiskReaders::TakeNext() {
  const Caller other = next_ == Caller::kCall ? Caller::kStream : Caller::kCall;
  const Caller caller = QueueOf(next_).empty() ? other : next_;
  Queue& queue = QueueOf(caller);
  if (queue.empty()) return nullptr;
  Task task = std::move(queue.front());
  queue.pop_front();
  next_ = caller == Caller::kCall ? Caller::kStream : Caller::kCall;
  return task;
}

}  // namespace millrace::feed

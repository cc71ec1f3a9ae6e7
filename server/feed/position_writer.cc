// SPDX-License-Identifier: Apache-2.0

#include "feed/position_writer.h"

#include <pthread.h>

#include <utility>

namespace millrace::feed {

PositionWriter::PositionWriter(size_t changes_max, Store store)
    : changes_max_(changes_max), store_(std::move(store)), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "positions");
}

PositionWriter::~PositionWriter() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

bool PositionWriter::TryAdd(PositionChange& change) {
  absl::MutexLock lock(&mutex_);
  if (waiting_.size() >= changes_max_) return false;
  waiting_.push_back(std::move(change));
  return true;
}

void PositionWriter::Run() {
  for (auto group = TakeAll(); !group.empty(); group = TakeAll()) store_(std::move(group));
}

// Empty: the writer stops.
std::vector<PositionChange> PositionWriter::TakeAll() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &PositionWriter::HasChangeOrIsStopping));
  return std::exchange(waiting_, {});
}

}  // namespace millrace::feed

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "metrics/counters.h"

namespace millrace::api {

// The reader of a stream, for operators.
struct StreamReader {
  std::string peer;          // address
  std::string subscription;  // empty if the stream does not use one
  std::string client_name;   // from SubscribeRequest
};

// An open stream, for operators.
struct StreamEntry : StreamReader {
  explicit StreamEntry(StreamReader reader) : StreamReader(std::move(reader)) {}

  std::atomic<uint64_t> passed{0};  // last sequence sent or skipped
  // Whether `passed` is a position. False while the stream receives the rows of a snapshot.
  std::atomic<bool> in_log{false};
};

// All open streams. Thread-safe.
class StreamList {
 public:
  explicit StreamList(uint32_t streams_max) : streams_max_(streams_max) {}

  // Null if streams_max streams are open.
  std::shared_ptr<StreamEntry> Add(StreamReader reader) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (entries_.size() >= streams_max_) {
      refused_.Add();
      return nullptr;
    }
    opened_.Add();
    auto entry = std::make_shared<StreamEntry>(std::move(reader));
    entries_.push_back(entry);
    return entry;
  }
  void Remove(const std::shared_ptr<StreamEntry>& entry) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    std::erase(entries_, entry);
  }
  std::vector<std::shared_ptr<const StreamEntry>> List() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return {entries_.begin(), entries_.end()};
  }
  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return entries_.size();
  }
  uint32_t streams_max() const { return streams_max_; }

  void CountResponse(uint64_t bytes) {
    responses_.Add();
    response_bytes_.Add(bytes);
  }
  // Counters since the server started.
  uint64_t opened() const { return opened_.value(); }
  uint64_t refused() const { return refused_.value(); }  // with STREAM_LIMIT
  uint64_t responses() const { return responses_.value(); }
  uint64_t response_bytes() const { return response_bytes_.value(); }

 private:
  const uint32_t streams_max_;
  Counter opened_;
  Counter refused_;
  Counter responses_;
  Counter response_bytes_;
  mutable absl::Mutex mutex_;
  std::vector<std::shared_ptr<StreamEntry>> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace::api

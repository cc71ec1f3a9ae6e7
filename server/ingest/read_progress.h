// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace millrace::ingest {

// How far the source has been read. One thread writes, any thread may read; lock-free, because it
// is updated at each event.
class ReadProgress {
 public:
  // The source sends something at least every `heartbeat_period`. `clock` must outlive it.
  ReadProgress(const Clock& clock, Micros heartbeat_period)
      : clock_(clock), heartbeat_period_(heartbeat_period) {}

  void NoteEvent(size_t bytes) { Set(bytes_, this->bytes() + bytes); }
  struct Transactions {
    uint64_t count = 0;      // read so far
    Micros commit_time = 0;  // of the newest
    bool more = false;       // more of the binlog has arrived
  };
  // Call between two transactions.
  void NoteTransactions(const Transactions& read) {
    Set(drained_, !read.more);
    if (!read.more) Set(heard_at_, clock_.WallMicros());
    Set(commit_time_, read.commit_time);
    Set(transactions_, read.count);
  }
  // Call when changes of whole transactions were handed over.
  void NoteChanges(uint64_t count) { Set(changes_, changes() + count); }

  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  uint64_t transactions() const { return transactions_.load(std::memory_order_relaxed); }
  uint64_t changes() const { return changes_.load(std::memory_order_relaxed); }
  Micros commit_time() const { return commit_time_.load(std::memory_order_relaxed); }
  // See IngestStatus::source_time; `streaming`: the binlog is being read.
  Micros SourceTime(bool streaming) const;

 private:
  // There is one writer, so a load and a store replace fetch_add.
  template <typename T>
  static void Set(std::atomic<T>& to, T value) {
    to.store(value, std::memory_order_relaxed);
  }

  const Clock& clock_;
  const Micros heartbeat_period_;
  std::atomic<uint64_t> changes_{0};
  std::atomic<uint64_t> transactions_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<Micros> heard_at_{0};
  std::atomic<Micros> commit_time_{0};
  std::atomic<bool> drained_{false};
};

}  // namespace millrace::ingest

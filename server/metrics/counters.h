// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace millrace {

inline constexpr size_t kCacheLineBytes = 64;

// A count that only grows. Thread-safe and wait-free. It fills a cache line, so threads that use
// different counters do not slow each other down.
class alignas(kCacheLineBytes) Counter {
 public:
  void Add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace millrace

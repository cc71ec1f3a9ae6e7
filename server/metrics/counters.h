// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace millrace {

inline constexpr size_t kCacheLineBytes = 64;

// Counts up. Thread-safe and wait-free; alone on its cache line, so that threads which count
// different things do not slow each other.
class alignas(kCacheLineBytes) Counter {
 public:
  void Add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace millrace

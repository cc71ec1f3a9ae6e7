// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "config/server_options.h"

namespace millrace::feed {

// Limits the number of concurrent catch-ups and the memory of each. Must outlive its slots.
// Thread-safe.
class CatchUpLimit {
 public:
  explicit CatchUpLimit(const ServerOptions& options)
      : slots_max_(options.catchups_max),
        bytes_per_slot_(options.catchup_bytes_max / options.catchups_max) {}

  // The slot of one catch-up, released on destruction.
  class Slot {
   public:
    explicit Slot(CatchUpLimit& limit) : limit_(limit) {}
    ~Slot() { limit_.taken_.fetch_sub(1); }
    Slot(const Slot&) = delete;

   private:
    CatchUpLimit& limit_;
  };
  // Null if all slots are taken.
  std::unique_ptr<Slot> Take() {
    uint32_t taken = taken_.load();
    do {
      if (taken >= slots_max_) return nullptr;
    } while (!taken_.compare_exchange_weak(taken, taken + 1));
    return std::make_unique<Slot>(*this);
  }
  uint32_t slots_max() const { return slots_max_; }
  size_t bytes_per_slot() const { return bytes_per_slot_; }

 private:
  const uint32_t slots_max_;
  const size_t bytes_per_slot_;
  std::atomic<uint32_t> taken_{0};
};

}  // namespace millrace::feed

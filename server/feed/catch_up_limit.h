// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "config/server_options.h"

namespace millrace::feed {

// How many catch-ups there may be at a time, and the memory that each may take. Must outlive the
// places it gives. Thread-safe.
class CatchUpLimit {
 public:
  explicit CatchUpLimit(const ServerOptions& options)
      : places_max_(options.catchups_max),
        bytes_each_(options.catchup_bytes_max / options.catchups_max) {}

  // One catch-up's place, given back at its end.
  class Place {
   public:
    explicit Place(CatchUpLimit& limit) : limit_(limit) {}
    ~Place() { limit_.taken_.fetch_sub(1); }
    Place(const Place&) = delete;

   private:
    CatchUpLimit& limit_;
  };
  // Null if there are as many as may be.
  std::unique_ptr<Place> Take() {
    uint32_t taken = taken_.load();
    do {
      if (taken >= places_max_) return nullptr;
    } while (!taken_.compare_exchange_weak(taken, taken + 1));
    return std::make_unique<Place>(*this);
  }
  uint32_t places_max() const { return places_max_; }
  size_t bytes_each() const { return bytes_each_; }

 private:
  const uint32_t places_max_;
  const size_t bytes_each_;
  std::atomic<uint32_t> taken_{0};
};

}  // namespace millrace::feed

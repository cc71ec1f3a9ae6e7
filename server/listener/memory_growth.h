// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "base/clock.h"
#include "listener/descriptor.h"

namespace millrace::listener {

// How much more memory this process has than when no client was suspect. One thread uses it.
class MemoryGrowth {
 public:
  MemoryGrowth();

  // Bytes, at `now` (steady). While nobody `is_suspect`, whatever memory there is becomes the new
  // base, and memory that a flood took and freed is given back to the system.
  uint64_t Bytes(bool is_suspect, Micros now);

 private:
  uint64_t Resident() const;

  Descriptor statm_;
  uint64_t base_ = 0;
  Micros base_at_ = 0;
  bool flooded_ = false;
};

}  // namespace millrace::listener

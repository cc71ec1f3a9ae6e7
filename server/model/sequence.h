// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <compare>
#include <cstdint>

namespace millrace {

// The number of a change in the log: 1, 2, 3 … without gaps. Zero is the place before the first
// change.
struct Sequence {
  uint64_t value = 0;

  Sequence next() const { return {value + 1}; }
  friend auto operator<=>(Sequence, Sequence) = default;
};

}  // namespace millrace

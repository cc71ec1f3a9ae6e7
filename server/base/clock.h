// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace {

// Microseconds since 1970-01-01 UTC. Zero means unknown.
using Micros = int64_t;

// A source of time that tests can replace. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Time of day. Can jump in either direction.
  virtual Micros WallMicros() const = 0;
  // Never goes back. Its zero point is arbitrary.
  virtual Micros SteadyMicros() const = 0;

  // The machine's clock; lives as long as the program.
  static const Clock& System();
};

}  // namespace millrace

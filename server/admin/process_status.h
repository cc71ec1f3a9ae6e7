// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace::admin {

// The resources that this process uses.
struct ProcessStatus {
  double cpu_seconds = 0;
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_fds = 0;
  uint64_t max_fds = 0;
  double start_seconds = 0;  // since 1970
};

// Values that /proc does not provide stay 0.
ProcessStatus ReadProcessStatus();

}  // namespace millrace::admin

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace millrace::admin {

// What this process takes of the machine.
struct ProcessStatus {
  double cpu_seconds = 0;
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_fds = 0;
  uint64_t max_fds = 0;
  double start_seconds = 0;  // since 1970
};

// What /proc cannot tell stays 0.
ProcessStatus ReadProcessStatus();

}  // namespace millrace::admin

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"

namespace millrace::log {

// Where a read may get frames from.
enum class ReadFrom {
  kMemory,  // memory only, for a thread that must not wait for the disk; includes the page cache
  kDisk,    // memory or disk
};

// The error of a memory-only read that needs the disk: repeat the read on a thread that may wait.
// Never reaches a user.
absl::Status NotInMemory();
bool IsNotInMemory(const absl::Status& status);

}  // namespace millrace::log

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "absl/status/status.h"

namespace millrace::log {

// Where a read may take frames from.
enum class ReadFrom {
  kMemory,  // for a thread that must not wait for the disk; the page cache counts as memory
  kDisk,    // from memory if they are there
};

// The answer of a read from memory that needs the disk: to be repeated on a thread that may wait.
// Never reaches a user.
absl::Status NotInMemory();
bool IsNotInMemory(const absl::Status& status);

}  // namespace millrace::log

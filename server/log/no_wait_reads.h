// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "rocksdb/file_system.h"
#include "rocksdb/status.h"

namespace millrace::log {

// While an object of this class lives, no read of its thread waits for the disk: a read of data
// that is not in the page cache fails with a status for which WouldWait is true. Works for files of
// a NoWaitFileSystem.
class NoWaitReads {
 public:
  NoWaitReads();
  ~NoWaitReads();
  NoWaitReads(const NoWaitReads&) = delete;
  NoWaitReads& operator=(const NoWaitReads&) = delete;
};

// Whether a read failed because of NoWaitReads. The caller can retry without it.
bool WouldWait(const rocksdb::Status& status);

// Wraps `target`, which must be the system's file system, so that random reads obey NoWaitReads.
// Uses preadv2 with RWF_NOWAIT (Linux 4.14). On a file system without RWF_NOWAIT, such as tmpfs,
// every read under NoWaitReads fails.
std::shared_ptr<rocksdb::FileSystem> MakeNoWaitFileSystem(
    std::shared_ptr<rocksdb::FileSystem> target);

}  // namespace millrace::log

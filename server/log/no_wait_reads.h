// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "rocksdb/file_system.h"
#include "rocksdb/status.h"

namespace millrace::log {

// While one lives, no read of its thread waits for the disk: what the machine does not have in its
// page cache fails, and WouldWait is true of the status. Works for files of a NoWaitFileSystem.
class NoWaitReads {
 public:
  NoWaitReads();
  ~NoWaitReads();
  NoWaitReads(const NoWaitReads&) = delete;
  NoWaitReads& operator=(const NoWaitReads&) = delete;
};

// A read failed because of NoWaitReads. It may be tried again without.
bool WouldWait(const rocksdb::Status& status);

// `target`, which must be that of the machine, with files for random reads that heed NoWaitReads.
// They are read with preadv2 and RWF_NOWAIT (Linux 4.14); on a file system that does not know it,
// such as tmpfs, every such read would wait.
std::shared_ptr<rocksdb::FileSystem> MakeNoWaitFileSystem(
    std::shared_ptr<rocksdb::FileSystem> target);

}  // namespace millrace::log

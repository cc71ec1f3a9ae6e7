// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "log/disk_space.h"
#include "rocksdb/file_system.h"

namespace millrace::log {

// Wraps `target`: a write that finds the disk full frees the ballast of `space`, part by part, and
// retries. RocksDB sees the error only if no ballast is left. An exceeded quota counts as a full
// disk. `space` must outlive the file system.
std::shared_ptr<rocksdb::FileSystem> MakeBallastedFileSystem(
    std::shared_ptr<rocksdb::FileSystem> target, DiskSpace& space);

}  // namespace millrace::log

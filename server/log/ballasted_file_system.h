// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "log/disk_space.h"
#include "rocksdb/file_system.h"

namespace millrace::log {

// `target`, but a write that finds the disk full frees the ballast of `space`, part by part, and is
// tried again; only what fails without any ballast left is reported to RocksDB. A quota counts as a
// full disk. `space` must outlive it.
std::shared_ptr<rocksdb::FileSystem> MakeBallastedFileSystem(
    std::shared_ptr<rocksdb::FileSystem> target, DiskSpace& space);

}  // namespace millrace::log

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace millrace::log {

// True if a write was refused for want of space, or by a quota.
bool IsNoSpace(const rocksdb::Status& status);

// kResourceExhausted DISK_FULL that names the directory.
absl::Status DiskFull(const std::string& directory, std::string_view why);
// kInternal STORAGE_FAILED.
absl::Status StorageFailed(const std::string& directory, std::string_view why);
// Of a read: kDataLoss LOG_DAMAGED, else STORAGE_FAILED.
absl::Status ReadFailed(const std::string& directory, const rocksdb::Status& status);
// Of opening: DISK_FULL, LOG_DAMAGED, STORAGE_FAILED, or kFailedPrecondition DATA_DIRECTORY_IN_USE.
absl::Status OpenFailed(const std::string& directory, const rocksdb::Status& status);

// `operation` on `path` failed with errno `error`: DISK_FULL or STORAGE_FAILED.
absl::Status SystemCallFailed(std::string_view operation, const std::string& path, int error);

}  // namespace millrace::log

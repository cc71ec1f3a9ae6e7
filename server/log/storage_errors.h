// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace millrace::log {

// True if a write failed because of a full disk or a quota.
bool IsNoSpace(const rocksdb::Status& status);

// Makes kResourceExhausted DISK_FULL; the message names the directory.
absl::Status DiskFull(const std::string& directory, std::string_view why);
// Makes kInternal STORAGE_FAILED.
absl::Status StorageFailed(const std::string& directory, std::string_view why);
// The error of a failed read: kDataLoss LOG_DAMAGED, or STORAGE_FAILED.
absl::Status ReadFailed(const std::string& directory, const rocksdb::Status& status);
// The error of a failed open: DISK_FULL, LOG_DAMAGED, STORAGE_FAILED, or kFailedPrecondition
// DATA_DIRECTORY_IN_USE.
absl::Status OpenFailed(const std::string& directory, const rocksdb::Status& status);

// The error of an `operation`, such as "open", on `path` that failed with errno `error`: DISK_FULL
// or STORAGE_FAILED.
absl::Status SystemCallFailed(std::string_view operation, const std::string& path, int error);

}  // namespace millrace::log

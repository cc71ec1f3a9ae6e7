// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rocksdb/db.h"

namespace millrace::log {

// Makes `directory` (mode 0700) if it is absent. kFailedPrecondition DATA_DIRECTORY_FOREIGN: it
// holds files and no database; kResourceExhausted DISK_FULL; kInternal STORAGE_FAILED.
absl::Status PrepareDirectory(const std::string& directory);

// Compares the column families of the database in `directory`, if there is one, with those that we
// open. kFailedPrecondition FORMAT_TOO_NEW: has ours and others; DATA_DIRECTORY_FOREIGN: is not
// ours. Changes nothing.
absl::Status CheckFamilies(const std::string& directory,
                           const std::vector<rocksdb::ColumnFamilyDescriptor>& ours);

// Whether there is a database in `directory` that has all of these column families. Also true if
// that cannot be told: opening says more. False: its creation has not ended.
bool HasFamilies(const std::string& directory,
                 const std::vector<rocksdb::ColumnFamilyDescriptor>& families);

// Paths of the files `LOG` of RocksDB, which earlier versions let it write.
std::vector<std::string> InfoLogPaths(const std::string& directory);

// Bytes of all files in `directory`.
uint64_t DirectoryBytes(const std::string& directory);

// The same without RocksDB's table files, some of which may be dead and about to be deleted, and
// without the ballast, which is no part of the log.
uint64_t BytesOutsideTables(const std::string& directory);

}  // namespace millrace::log

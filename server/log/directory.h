// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rocksdb/db.h"

namespace millrace::log {

// Creates `directory` (mode 0700) if it is absent. kFailedPrecondition DATA_DIRECTORY_FOREIGN: it
// has files but no database; kResourceExhausted DISK_FULL; kInternal STORAGE_FAILED.
absl::Status PrepareDirectory(const std::string& directory);

// Compares the column families of the database in `directory`, if there is one, with `ours`, the
// families of this version. kFailedPrecondition FORMAT_TOO_NEW: the database has more families;
// DATA_DIRECTORY_FOREIGN: it is not a log. Changes nothing.
absl::Status CheckFamilies(const std::string& directory,
                           const std::vector<rocksdb::ColumnFamilyDescriptor>& ours);

// Whether the database in `directory` has all of these column families. False: its creation did not
// finish. Also true if the families cannot be read: opening reports a better error.
bool HasFamilies(const std::string& directory,
                 const std::vector<rocksdb::ColumnFamilyDescriptor>& families);

// Paths of RocksDB's own `LOG` files, which earlier versions left.
std::vector<std::string> InfoLogPaths(const std::string& directory);

// The bytes of all files in `directory`.
uint64_t DirectoryBytes(const std::string& directory);

// The same without RocksDB's table files, some of which may be obsolete and about to be deleted,
// and without the ballast, which is not part of the log.
uint64_t BytesOutsideTables(const std::string& directory);

}  // namespace millrace::log

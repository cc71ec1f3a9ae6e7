// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "log/database.h"
#include "rocksdb/options.h"

namespace millrace::log {

// How RocksDB is run, and why; see database_options.cc. Environment, listeners and log are
// Database's.
rocksdb::DBOptions DatabaseOptions(const StorageSeams& seams);
rocksdb::ColumnFamilyOptions FrameFamilyOptions(const StorageSeams& seams);
rocksdb::ColumnFamilyOptions RecordFamilyOptions();

}  // namespace millrace::log

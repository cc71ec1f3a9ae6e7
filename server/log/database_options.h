// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "log/database.h"
#include "rocksdb/options.h"

namespace millrace::log {

// The options for RocksDB; database_options.cc explains them. Database sets the Env, the listeners
// and the info log.
rocksdb::DBOptions DatabaseOptions(const StorageSeams& seams);
rocksdb::ColumnFamilyOptions FrameFamilyOptions(const StorageSeams& seams);
rocksdb::ColumnFamilyOptions RecordFamilyOptions();

}  // namespace millrace::log

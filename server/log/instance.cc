// SPDX-License-Identifier: Apache-2.0

#include "log/instance.h"

#include <algorithm>
#include <utility>

namespace millrace::log {

rocksdb::Status Instance::Open(Mode mode, const rocksdb::DBOptions& options,
                               const std::string& directory,
                               const std::vector<rocksdb::ColumnFamilyDescriptor>& families,
                               std::shared_ptr<Instance>* instance) {
  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::Status status;
  if (mode == Mode::kWritable) {
    status = rocksdb::DB::Open(options, directory, families, &handles, &opened);
  } else if (mode == Mode::kReadOnly) {
    rocksdb::DBOptions reading = options;
    reading.create_if_missing = false;
    reading.create_missing_column_families = false;
    status = rocksdb::DB::OpenForReadOnly(reading, directory, families, &handles, &opened);
  }
  if (status.ok()) {
    *instance =
        std::make_shared<Instance>(mode, std::unique_ptr<rocksdb::DB>(opened), std::move(handles));
  }
  return status;
}

Instance::Instance(Mode mode, std::unique_ptr<rocksdb::DB> database,
                   std::vector<rocksdb::ColumnFamilyHandle*> handles)
    : mode_(mode), database_(std::move(database)), handles_(std::move(handles)) {
  // Skip the default family, which is first.
  if (!handles_.empty()) std::copy(handles_.begin() + 1, handles_.end(), families_.begin());
}

Instance::~Instance() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    database_->DestroyColumnFamilyHandle(handle);
  }
}

rocksdb::Status Instance::Flush() const { return database_->Flush({}, handles_); }

// Nothing here compacts manually: the calls only serve to send RocksDB's signal to waiting threads.
void Instance::WakeWaiters() const {
  database_->DisableManualCompaction();
  database_->EnableManualCompaction();
}

}  // namespace millrace::log

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "rocksdb/db.h"

namespace millrace::log {

// Column families. Frames by first sequence; meta, schema and subscription records by name.
enum class Family { kLog, kMeta, kSchema, kSubscription };
inline constexpr size_t kFamilies = 4;

// A RocksDB that is open; closed when it is destroyed. Immutable and thread-safe.
class Instance {
 public:
  enum class Mode {
    kWritable,
    kReadOnly,  // writes nothing, and holds no lock on the directory
    kEmpty,     // there is no database yet
  };
  // The first of `families` is the default one, then as in Family.
  static rocksdb::Status Open(Mode mode, const rocksdb::DBOptions& options,
                              const std::string& directory,
                              const std::vector<rocksdb::ColumnFamilyDescriptor>& families,
                              std::shared_ptr<Instance>* instance);
  // Of kEmpty.
  Instance() = default;
  Instance(Mode mode, std::unique_ptr<rocksdb::DB> database,
           std::vector<rocksdb::ColumnFamilyHandle*> handles);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  // Writes what memory alone holds to files, so that the next opening has less to do. Requires:
  // kWritable.
  rocksdb::Status Flush() const;
  // Who waits for a flush looks again whether RocksDB has stopped: one that FlushJobs holds wakes
  // nobody. Requires: kWritable.
  void WakeWaiters() const;

  Mode mode() const { return mode_; }
  // Null: kEmpty.
  rocksdb::DB* database() const { return database_.get(); }
  // Requires: not kEmpty.
  rocksdb::ColumnFamilyHandle* family(Family family) const {
    return families_[static_cast<size_t>(family)];
  }

 private:
  const Mode mode_ = Mode::kEmpty;
  const std::unique_ptr<rocksdb::DB> database_;
  // As RocksDB lists them; ours to free.
  const std::vector<rocksdb::ColumnFamilyHandle*> handles_ = {};
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families_{};
};

// Deletes an iterator before the database that it reads may be closed.
struct IteratorDeleter {
  std::shared_ptr<const Instance> instance;
  void operator()(rocksdb::Iterator* iterator) const { delete iterator; }
};
using IteratorPtr = std::unique_ptr<rocksdb::Iterator, IteratorDeleter>;

}  // namespace millrace::log

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "rocksdb/db.h"

namespace millrace::log {

// Column families: frames by first sequence; meta, schema and subscription records by name.
enum class Family { kLog, kMeta, kSchema, kSubscription };
inline constexpr size_t kFamilies = 4;

// An open RocksDB; the destructor closes it. Immutable and thread-safe.
class Instance {
 public:
  enum class Mode {
    kWritable,
    kReadOnly,  // writes nothing and takes no lock on the directory
    kEmpty,     // the database does not exist yet
  };
  // `families`: first the default family, then those of Family in order.
  static rocksdb::Status Open(Mode mode, const rocksdb::DBOptions& options,
                              const std::string& directory,
                              const std::vector<rocksdb::ColumnFamilyDescriptor>& families,
                              std::shared_ptr<Instance>* instance);
  // An instance of mode kEmpty.
  Instance() = default;
  Instance(Mode mode, std::unique_ptr<rocksdb::DB> database,
           std::vector<rocksdb::ColumnFamilyHandle*> handles);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  // Writes RocksDB's memory to files, so that the next opening is faster. Requires: kWritable.
  rocksdb::Status Flush() const;
  // Wakes threads that wait for a flush, so that they notice that RocksDB has stopped. The
  // end of a flush would wake them, but FlushJobs may hold that flush. Requires: kWritable.
  void WakeWaiters() const;

  Mode mode() const { return mode_; }
  // Null in mode kEmpty.
  rocksdb::DB* database() const { return database_.get(); }
  // Requires: not kEmpty.
  rocksdb::ColumnFamilyHandle* family(Family family) const {
    return families_[static_cast<size_t>(family)];
  }

 private:
  const Mode mode_ = Mode::kEmpty;
  const std::unique_ptr<rocksdb::DB> database_;
  // In RocksDB's order; owned.
  const std::vector<rocksdb::ColumnFamilyHandle*> handles_ = {};
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families_{};
};

// Deletes an iterator, and keeps its database open until then.
struct IteratorDeleter {
  std::shared_ptr<const Instance> instance;
  void operator()(rocksdb::Iterator* iterator) const { delete iterator; }
};
using IteratorPtr = std::unique_ptr<rocksdb::Iterator, IteratorDeleter>;

}  // namespace millrace::log

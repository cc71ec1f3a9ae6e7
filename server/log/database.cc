// SPDX-License-Identifier: Apache-2.0

#include "log/database.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "log/storage_errors.h"
#include "rocksdb/convenience.h"

namespace millrace::log {
namespace {

// Space that must be free in addition to the ballast before writing resumes. With less, the next
// write would fill the disk again.
constexpr uint64_t kFreeBytesMin = 1 << 20;
// Room for the manifest and the start of a write-ahead log, in addition to RocksDB's memory.
constexpr uint64_t kResumeBytesMin = 256 << 10;

}  // namespace

// Flushes RocksDB's memory, so that the next start is faster; not on a full disk.
Database::~Database() {
  if (is_writable_.load() && !failed_.load() && !space_.full()) {
    writable_->Flush().PermitUncheckedError();
  }
  absl::MutexLock lock(&mutex_);
  UnlockDirectory();
}

std::shared_ptr<const Instance> Database::instance() const {
  absl::ReaderMutexLock lock(&instance_mutex_);
  return instance_;
}

void Database::SetInstance(std::shared_ptr<const Instance> instance) {
  absl::MutexLock lock(&instance_mutex_);
  instance_.swap(instance);
}

absl::Status Database::Write(rocksdb::WriteBatch& batch, bool sync, WhenFull when_full) {
  MILLRACE_RETURN_IF_ERROR(CheckWritable(when_full));
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status status = writable_->database()->Write(options, &batch);
  return status.ok() ? absl::OkStatus() : WriteFailed(status);
}

absl::Status Database::WriteAndSyncSeparately(rocksdb::WriteBatch& batch, WhenFull when_full) {
  MILLRACE_RETURN_IF_ERROR(Write(batch, /*sync=*/false, when_full));
  rocksdb::Status status = wal_sync_.Sync();
  // WalSync found no free descriptor. RocksDB's own sync needs none, but makes other writes wait.
  if (status.IsTryAgain()) return Write(batch, /*sync=*/true, when_full);
  // The write-ahead log may have lost writes that are still in memory: flush them to table files.
  if (IsNoSpace(status)) {
    space_.OnNoSpace();
    status = writable_->Flush();
  }
  return status.ok() ? absl::OkStatus() : WriteFailed(status);
}

absl::Status Database::CheckWritable(WhenFull when_full) {
  if (!space_.full() && !failed_.load(std::memory_order_acquire)) return absl::OkStatus();
  if (when_full == WhenFull::kWriteAnyway && !failed_.load() && !stopped_.load()) {
    return absl::OkStatus();
  }
  return RecoverFromDiskFull();
}

absl::Status Database::WriteFailed(const rocksdb::Status& status) {
  writable_->WakeWaiters();
  if (IsNoSpace(status)) {
    stopped_.store(true);
    space_.OnNoSpace();
    return DiskFull(directory_, status.ToString());
  }
  absl::MutexLock lock(&mutex_);
  return Fail(StorageFailed(directory_, status.ToString()));
}

absl::Status Database::Fail(absl::Status status) {
  if (failure_.ok()) failure_ = std::move(status);
  failed_.store(true, std::memory_order_release);
  return failure_;
}

absl::Status Database::MakeRoom(uint64_t extra_bytes) {
  const absl::Status status = space_.Restore(extra_bytes);
  if (!HasReason(status, reason::kDiskFull)) return status;
  return DiskFull(directory_, "the reserve file BALLAST does not fit");
}

// Called before RocksDB stops. Waits until each running flush has checked whether RocksDB is
// stopped. RocksDB makes this check and counts the flush as running under one lock, so the count
// shows how many flushes have passed the check.
void Database::HoldFlushes() {
  env_->Hold();
  rocksdb::DB* const database = flushing_database_.load(std::memory_order_acquire);
  if (database == nullptr) return;
  const auto all_checked = [this, database] {
    const auto running = static_cast<uint64_t>(env_->running());
    uint64_t counted = 0;
    return !database->GetIntProperty(rocksdb::DB::Properties::kNumRunningFlushes, &counted) ||
           counted >= running;
  };
  while (!all_checked()) std::this_thread::sleep_for(std::chrono::microseconds(100));
}

// RocksDB waits for its flushes before it resumes, so held flushes must start during Resume, but
// not before RocksDB has marked itself as recovering. From then on, a second call of Resume fails
// as busy, which is the signal to release the flushes.
rocksdb::Status Database::Resume(bool has_held_flushes) {
  rocksdb::DB& database = *writable_->database();
  const auto resume = [this, &database] {
    rocksdb::Status status = database.Resume();
    if (status.IsBusy()) env_->Release();
    return status;
  };
  rocksdb::Status other = rocksdb::Status::Busy();
  std::thread second;
  if (has_held_flushes) {
    second = std::thread([&other, &resume] { other = resume(); });
  } else {
    env_->Release();
  }
  rocksdb::Status status = resume();
  if (second.joinable()) second.join();
  if (status.IsBusy()) status = other;
  // If Resume failed, RocksDB has stopped again, and held flushes must stay held.
  if (status.ok()) env_->Release();
  return status;
}

// Correct even if the failed operation was a sync: RocksDB's Resume writes all acknowledged data to
// new files, syncs them, and abandons the old write-ahead log.
//
// Allocates the ballast first, so that Resume does not run out of space again.
absl::Status Database::RecoverFromDiskFull() {
  absl::MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  if (!space_.full()) return absl::OkStatus();
  // Let all other jobs fail on the full disk now, not while RocksDB resumes.
  const bool has_held_flushes = env_->AwaitUnheldJobs();
  const uint64_t failed_writes = space_.failed_writes();
  const bool stopped = stopped_.load();
  const absl::Status room = MakeRoom(stopped ? BytesToResume() : kFreeBytesMin);
  if (!room.ok()) return HasReason(room, reason::kDiskFull) ? room : Fail(room);
  if (stopped) {
    stopped_.store(false);
    rocksdb::Status status = Resume(has_held_flushes);
    if (status.ok()) status = PrepareForDiskFull(*writable_);
    if (IsNoSpace(status)) {
      stopped_.store(true);
      space_.OnNoSpace();
      return DiskFull(directory_, status.ToString());
    }
    if (!status.ok()) return Fail(StorageFailed(directory_, status.ToString()));
  }
  space_.MarkRecovered(failed_writes);
  return absl::OkStatus();
}

// The most that Resume can write.
uint64_t Database::BytesToResume() const {
  uint64_t bytes = 0;
  writable_->database()->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables,
                                                  &bytes);
  return std::max(bytes + kResumeBytesMin, kFreeBytesMin);
}

// If its memory is empty, RocksDB 7.8's Resume keeps the write-ahead log whose writer failed, and
// every later write fails too. A record that is only in memory makes Resume start a new one.
rocksdb::Status Database::PrepareForDiskFull(const Instance& instance) const {
  rocksdb::WriteOptions memory_only;
  memory_only.disableWAL = true;
  rocksdb::DB& database = *instance.database();
  return database.Put(memory_only, database.DefaultColumnFamily(), "resume", "");
}

absl::StatusOr<std::optional<std::string>> Database::Get(Family family,
                                                         std::string_view key) const {
  const std::shared_ptr<const Instance> from = instance();
  if (from->mode() == Instance::Mode::kEmpty) return std::nullopt;
  std::string value;
  const rocksdb::Status status = from->database()->Get(rocksdb::ReadOptions(), from->family(family),
                                                       rocksdb::Slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return ReadError(status);
  return value;
}

IteratorPtr Database::Iterate(Family family, const rocksdb::ReadOptions& options) const {
  std::shared_ptr<const Instance> from = instance();
  rocksdb::Iterator* const iterator =
      from->mode() == Instance::Mode::kEmpty
          ? rocksdb::NewEmptyIterator()
          : from->database()->NewIterator(options, from->family(family));
  return IteratorPtr(iterator, IteratorDeleter{std::move(from)});
}

absl::Status Database::ReadError(const rocksdb::Status& status) const {
  return ReadFailed(directory_, status);
}

absl::Status Database::DeleteFramesBelow(std::string_view key) {
  MILLRACE_RETURN_IF_ERROR(CheckWritable(WhenFull::kWriteAnyway));
  const rocksdb::Slice end(key);
  const rocksdb::Status status = rocksdb::DeleteFilesInRange(
      writable_->database(), family(Family::kLog), nullptr, &end, false);
  return status.ok() ? absl::OkStatus() : WriteFailed(status);
}

std::vector<FrameFile> Database::FrameFiles() const {
  const std::shared_ptr<const Instance> from = instance();
  std::vector<FrameFile> files;
  if (from->mode() == Instance::Mode::kEmpty) return files;
  rocksdb::ColumnFamilyMetaData metadata;
  from->database()->GetColumnFamilyMetaData(from->family(Family::kLog), &metadata);
  for (rocksdb::LevelMetaData& level : metadata.levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      files.push_back({file.largestkey, file.size});
    }
  }
  std::sort(files.begin(), files.end(),
            [](const FrameFile& a, const FrameFile& b) { return a.largest_key < b.largest_key; });
  return files;
}

}  // namespace millrace::log

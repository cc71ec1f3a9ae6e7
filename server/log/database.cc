// SPDX-License-Identifier: Apache-2.0

#include "log/database.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "fmt/format.h"
#include "log/database_options.h"
#include "log/directory.h"
#include "rocksdb/convenience.h"

namespace millrace::log {
namespace {

// Names on disk, in the order of Family. Never renamed.
// Written to see whether there is room, and removed.
constexpr char kProbeFile[] = "/probe";
constexpr size_t kProbePieceBytes = 64 << 10;
// Beside what memory holds: the manifest, the head of a write-ahead log.
constexpr uint64_t kProbeBytesMin = 256 << 10;

constexpr std::array<const char*, kFamilies> kFamilyNames = {"log", "meta", "schema",
                                                             "subscriptions"};

bool IsNoSpace(const rocksdb::Status& status) {
  return status.IsIOError() && status.subcode() == rocksdb::Status::kNoSpace;
}

absl::Status Failed(const std::string& directory, const rocksdb::Status& status) {
  return MakeError(absl::StatusCode::kInternal, "STORAGE_FAILED",
                   fmt::format("log in {}: {}", directory, status.ToString()),
                   {{"path", directory}});
}

absl::Status DiskFull(const std::string& directory, const rocksdb::Status& status) {
  return MakeError(absl::StatusCode::kResourceExhausted, "DISK_FULL",
                   fmt::format("no space left for the log in {}: {}; free space on its disk",
                               directory, status.ToString()),
                   {{"path", directory}});
}

absl::Status Damaged(const std::string& directory, const rocksdb::Status& status) {
  return MakeError(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                   fmt::format("log in {}: {}; restore the directory or start a new log", directory,
                               status.ToString()),
                   {{"path", directory}});
}

absl::Status OpenError(const std::string& directory, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  // RocksDB has no code for a lock that is held, only errno's words.
  if (status.IsIOError() && text.find("/LOCK") != std::string::npos &&
      text.find("ermission denied") == std::string::npos) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "DATA_DIRECTORY_IN_USE",
                     fmt::format("another process uses the log in {}: {}", directory, text),
                     {{"path", directory}});
  }
  if (IsNoSpace(status)) return DiskFull(directory, status);
  if (status.IsCorruption()) return Damaged(directory, status);
  return Failed(directory, status);
}

std::vector<rocksdb::ColumnFamilyDescriptor> Descriptors(const StorageSeams& seams) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, RecordFamilyOptions());
  for (const char* name : kFamilyNames) {
    const bool frames = name == kFamilyNames[static_cast<size_t>(Family::kLog)];
    descriptors.emplace_back(name, frames ? FrameFamilyOptions(seams) : RecordFamilyOptions());
  }
  return descriptors;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& directory,
                                                         const StorageSeams& seams) {
  MILLRACE_RETURN_IF_ERROR(PrepareDirectory(directory));
  const rocksdb::DBOptions options = DatabaseOptions(seams);
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = Descriptors(seams);
  MILLRACE_RETURN_IF_ERROR(CheckFamilies(directory, descriptors));

  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status =
      rocksdb::DB::Open(options, directory, descriptors, &handles, &opened);
  if (!status.ok()) return OpenError(directory, status);
  // A crash may have left it behind.
  opened->GetEnv()->DeleteFile(directory + kProbeFile).PermitUncheckedError();
  auto database = std::make_unique<Database>(Key(), directory, std::unique_ptr<rocksdb::DB>(opened),
                                             std::move(handles), seams.sync);
  if (const rocksdb::Status prepared = database->PrepareForDiskFull(); !prepared.ok()) {
    return OpenError(directory, prepared);
  }
  return database;
}

Database::Database(Key, std::string directory, std::unique_ptr<rocksdb::DB> database,
                   std::vector<rocksdb::ColumnFamilyHandle*> handles, SyncFile sync)
    : directory_(std::move(directory)),
      database_(std::move(database)),
      handles_(std::move(handles)),
      wal_sync_(directory_, std::move(sync)) {
  // The default family stands first in Descriptors.
  std::copy(handles_.begin() + 1, handles_.end(), families_.begin());
}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    database_->DestroyColumnFamilyHandle(handle);
  }
}

absl::Status Database::Write(rocksdb::WriteBatch& batch, bool sync) {
  MILLRACE_RETURN_IF_ERROR(CheckWritable());
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status status = database_->Write(options, &batch);
  return status.ok() ? absl::OkStatus() : WriteFailed(status);
}

absl::Status Database::WriteBesideOthers(rocksdb::WriteBatch& batch) {
  MILLRACE_RETURN_IF_ERROR(Write(batch, /*sync=*/false));
  rocksdb::Status status = wal_sync_.Sync();
  // RocksDB has a descriptor to sync with, but makes others wait.
  if (status.IsTryAgain()) return Write(batch, /*sync=*/true);
  // The write-ahead log may have lost what memory still holds, so that goes into files of its own.
  if (IsNoSpace(status)) status = FlushAll();
  return status.ok() ? absl::OkStatus() : WriteFailed(status);
}

rocksdb::Status Database::FlushAll() { return database_->Flush(rocksdb::FlushOptions(), handles_); }

absl::Status Database::CheckWritable() {
  return impaired_.load(std::memory_order_acquire) ? RecoverFromDiskFull() : absl::OkStatus();
}

absl::Status Database::WriteFailed(const rocksdb::Status& status) {
  const bool full = IsNoSpace(status);
  const absl::Status error = full ? DiskFull(directory_, status) : Failed(directory_, status);
  absl::MutexLock lock(&mutex_);
  if (full) disk_full_ = true;
  if (!full && failure_.ok()) failure_ = error;
  impaired_.store(true, std::memory_order_release);
  return error;
}

// Sound although a sync may have been what failed: RocksDB's Resume writes everything that was ever
// acknowledged to files, syncs these, and leaves the old write-ahead log behind.
absl::Status Database::RecoverFromDiskFull() {
  absl::MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  if (!disk_full_) return absl::OkStatus();
  rocksdb::Status status = ProbeSpace();
  if (status.ok()) status = database_->Resume();
  if (status.ok()) status = PrepareForDiskFull();
  if (IsNoSpace(status)) return DiskFull(directory_, status);
  if (!status.ok()) {
    failure_ = Failed(directory_, status);
    return failure_;
  }
  disk_full_ = false;
  impaired_.store(false, std::memory_order_release);
  return absl::OkStatus();
}

// Writes as much as Resume may write, and removes it. A flush that fails for want of space during a
// Resume is now and then forgotten by RocksDB 7.8, and the next Resume then waits for it for ever.
rocksdb::Status Database::ProbeSpace() const {
  uint64_t bytes = 0;
  database_->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes);
  bytes += kProbeBytesMin;
  rocksdb::Env* const env = database_->GetEnv();
  const std::string path = directory_ + kProbeFile;
  const std::string piece(kProbePieceBytes, 'p');
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = env->NewWritableFile(path, &file, rocksdb::EnvOptions());
  for (uint64_t written = 0; status.ok() && written < bytes; written += piece.size()) {
    status = file->Append(piece);
  }
  if (status.ok()) status = file->Sync();
  if (file != nullptr) file->Close();
  const rocksdb::Status removed = env->DeleteFile(path);
  return status.ok() ? removed : status;
}

// With nothing in memory, RocksDB 7.8's Resume keeps the write-ahead log whose writer has failed
// and every later write fails too. A record that only memory holds makes it start a new one.
rocksdb::Status Database::PrepareForDiskFull() {
  rocksdb::WriteOptions memory_only;
  memory_only.disableWAL = true;
  return database_->Put(memory_only, database_->DefaultColumnFamily(), "resume", "");
}

absl::StatusOr<std::optional<std::string>> Database::Get(Family from, std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), family(from), rocksdb::Slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return ReadError(status);
  return value;
}

std::unique_ptr<rocksdb::Iterator> Database::Iterate(Family from,
                                                     const rocksdb::ReadOptions& options) const {
  return std::unique_ptr<rocksdb::Iterator>(database_->NewIterator(options, family(from)));
}

absl::Status Database::ReadError(const rocksdb::Status& status) const {
  return status.IsCorruption() ? Damaged(directory_, status) : Failed(directory_, status);
}

absl::Status Database::DeleteFramesBelow(std::string_view key) {
  MILLRACE_RETURN_IF_ERROR(CheckWritable());
  const rocksdb::Slice end(key);
  const rocksdb::Status status =
      rocksdb::DeleteFilesInRange(database_.get(), family(Family::kLog), nullptr, &end, false);
  return status.ok() ? absl::OkStatus() : WriteFailed(status);
}

std::vector<FrameFile> Database::FrameFiles() const {
  rocksdb::ColumnFamilyMetaData metadata;
  database_->GetColumnFamilyMetaData(family(Family::kLog), &metadata);
  std::vector<FrameFile> files;
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

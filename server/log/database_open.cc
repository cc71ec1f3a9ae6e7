// SPDX-License-Identifier: Apache-2.0

// Opening RocksDB for writing, or for reading if the disk is too full.
#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/reason.h"
#include "log/ballasted_file_system.h"
#include "log/database.h"
#include "log/database_options.h"
#include "log/directory.h"
#include "log/info_log.h"
#include "log/no_wait_reads.h"
#include "log/storage_errors.h"
#include "rocksdb/listener.h"
#include "spdlog/spdlog.h"

namespace millrace::log {
namespace {

// Names on disk, in the order of Family. Never rename them.
constexpr std::array<const char*, kFamilies> kFamilyNames = {"log", "meta", "schema",
                                                             "subscriptions"};
// Space that must be free in addition to the ballast before opening for writing is retried.
constexpr uint64_t kOpenBytesMin = 1 << 20;

std::vector<rocksdb::ColumnFamilyDescriptor> Descriptors(const StorageSeams& seams) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, RecordFamilyOptions());
  for (const char* name : kFamilyNames) {
    const bool frames = name == kFamilyNames[static_cast<size_t>(Family::kLog)];
    descriptors.emplace_back(name, frames ? FrameFamilyOptions(seams) : RecordFamilyOptions());
  }
  return descriptors;
}

std::shared_ptr<rocksdb::FileSystem> FileSystemOf(const StorageSeams& seams) {
  if (seams.env != nullptr) return seams.env->GetFileSystem();
  return MakeNoWaitFileSystem(rocksdb::FileSystem::Default());
}

}  // namespace

// Turns off RocksDB's own recovery, which polls for free space on a separate thread. Only the next
// write starts a recovery.
class Database::Listener final : public rocksdb::EventListener {
 public:
  explicit Listener(Database& database) : database_(database) {}
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
  // A write, flush or compaction failed. Without this callback the failure would stay unnoticed
  // until writes stall. After a hard error RocksDB stops when this returns.
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (error->severity() >= rocksdb::Status::kHardError) database_.HoldFlushes();
    if (!IsNoSpace(*error)) return;
    database_.stopped_.store(true);
    database_.space_.OnNoSpace();
  }

 private:
  Database& database_;
};

Database::Database(Key, std::string directory, uint64_t ballast_bytes, const StorageSeams& seams)
    : directory_(std::move(directory)),
      supports_no_wait_reads_(seams.env == nullptr),
      space_(directory_, ballast_bytes, seams.space),
      env_(std::make_unique<FlushJobs>(
          rocksdb::NewCompositeEnv(MakeBallastedFileSystem(FileSystemOf(seams), space_)))),
      options_(DatabaseOptions(seams)),
      families_(Descriptors(seams)),
      wal_sync_(directory_, seams.sync),
      instance_(std::make_shared<Instance>()) {
  options_.env = env_.get();
  options_.info_log = std::make_shared<InfoLog>(Clock::System());
  options_.listeners = {std::make_shared<Listener>(*this)};
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& directory,
                                                         uint64_t ballast_bytes,
                                                         const StorageSeams& seams) {
  auto database = std::make_unique<Database>(Key(), directory, ballast_bytes, seams);
  MILLRACE_RETURN_IF_ERROR(database->OpenAtStart());
  return database;
}

absl::Status Database::OpenAtStart() {
  absl::MutexLock lock(&mutex_);
  const absl::Status status = OpenWritable();
  if (HasReason(status, reason::kDiskFull)) {
    space_.OnNoSpace();
    MILLRACE_RETURN_IF_ERROR(OpenReadOnly());
    spdlog::error("{}; until then only reads work", std::string(status.message()));
    return absl::OkStatus();
  }
  MILLRACE_RETURN_IF_ERROR(status);
  if (!space_.full()) CreateBallastAtStart();
  return absl::OkStatus();
}

// If the ballast was freed before and does not fit now, the disk is still full. If there never was
// a ballast, the log works with little free space, but cannot trim once the disk is full.
void Database::CreateBallastAtStart() {
  const bool was_released = space_.was_released();
  const absl::Status room = MakeRoom(0);
  if (room.ok()) return;
  spdlog::warn("cannot allocate the reserve for a full disk: {}", std::string(room.message()));
  if (was_released) space_.OnNoSpace();
}

absl::Status Database::MakeWritable() {
  if (is_writable_.load(std::memory_order_acquire)) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  if (is_writable_.load() || !failure_.ok()) return failure_;
  const uint64_t failed_writes = space_.failed_writes();
  std::error_code error;
  // The ballast needs an existing directory.
  if (std::filesystem::exists(directory_, error)) {
    MILLRACE_RETURN_IF_ERROR(MakeRoom(kOpenBytesMin));
  }
  MILLRACE_RETURN_IF_ERROR(OpenWritable());
  space_.MarkRecovered(failed_writes);
  spdlog::info("the log in {} is open for writing", directory_);
  return absl::OkStatus();
}

absl::Status Database::OpenWritable() {
  MILLRACE_RETURN_IF_ERROR(PrepareDirectory(directory_));
  MILLRACE_RETURN_IF_ERROR(CheckFamilies(directory_, families_));
  // RocksDB takes the lock itself.
  const bool was_locked = lock_ != nullptr;
  UnlockDirectory();
  // An earlier attempt may have failed with an error that holds flushes.
  env_->Release();
  std::shared_ptr<Instance> opened;
  rocksdb::Status status =
      Instance::Open(Instance::Mode::kWritable, options_, directory_, families_, &opened);
  if (status.ok()) status = PrepareForDiskFull(*opened);
  if (!status.ok()) {
    opened.reset();
    if (was_locked) MILLRACE_RETURN_IF_ERROR(LockDirectory());
    return OpenFailed(directory_, status);
  }
  RemoveLeftovers();
  writable_ = opened;
  flushing_database_.store(opened->database(), std::memory_order_release);
  is_writable_.store(true, std::memory_order_release);
  SetInstance(std::move(opened));
  return absl::OkStatus();
}

absl::Status Database::OpenReadOnly() {
  std::error_code error;
  if (!std::filesystem::exists(directory_, error)) return absl::OkStatus();
  MILLRACE_RETURN_IF_ERROR(LockDirectory());
  RemoveLeftovers();
  if (!HasFamilies(directory_, families_)) return absl::OkStatus();
  std::shared_ptr<Instance> opened;
  const rocksdb::Status status =
      Instance::Open(Instance::Mode::kReadOnly, options_, directory_, families_, &opened);
  if (!status.ok()) return OpenFailed(directory_, status);
  SetInstance(std::move(opened));
  return absl::OkStatus();
}

// RocksDB takes no lock to open for reading, but only one server may use the log.
absl::Status Database::LockDirectory() {
  const rocksdb::Status status = env_->LockFile(directory_ + "/LOCK", &lock_);
  if (status.ok() || IsNoSpace(status)) return absl::OkStatus();
  return OpenFailed(directory_, status);
}

void Database::UnlockDirectory() {
  if (lock_ == nullptr) return;
  env_->UnlockFile(std::exchange(lock_, nullptr)).PermitUncheckedError();
}

// Removes files that earlier versions left: `probe` after a crash, and RocksDB's own log.
void Database::RemoveLeftovers() const {
  std::error_code error;
  std::filesystem::remove(directory_ + "/probe", error);
  for (const std::string& path : InfoLogPaths(directory_)) std::filesystem::remove(path, error);
}

}  // namespace millrace::log

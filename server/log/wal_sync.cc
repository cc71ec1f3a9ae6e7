// SPDX-License-Identifier: Apache-2.0

#include "log/wal_sync.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace::log {
namespace {

int SyncNow(const std::string& /*path*/, int file) {
  struct stat status {};
  const bool is_directory = ::fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
  return (is_directory ? ::fsync(file) : ::fdatasync(file)) == 0 ? 0 : errno;
}

// A read-only file descriptor; closes it when destroyed.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : file_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  ~OpenFile() {
    if (file_ >= 0) ::close(file_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return file_; }

 private:
  const int file_;
};

rocksdb::Status SyncFailed(const std::string& path, int error) {
  const std::string what = "cannot sync " + path;
  const std::string why = std::generic_category().message(error);
  return error == ENOSPC || error == EDQUOT ? rocksdb::Status::NoSpace(what, why)
                                            : rocksdb::Status::IOError(what, why);
}

rocksdb::Status NotOpened(const std::string& path, int error) {
  return rocksdb::Status::TryAgain("cannot open " + path, std::generic_category().message(error));
}

// Whether `name` is that of a write-ahead log, such as `000012.log`.
bool IsWal(std::string_view name) {
  constexpr std::string_view kEnding = ".log";
  if (name.size() <= kEnding.size() || !name.ends_with(kEnding)) return false;
  name.remove_suffix(kEnding.size());
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

WalSync::WalSync(std::string directory, SyncFile sync)
    : directory_(std::move(directory)), sync_(sync ? std::move(sync) : SyncNow) {}

rocksdb::Status WalSync::Sync() {
  uint64_t needed = 0;
  {
    absl::MutexLock lock(&mutex_);
    // A sync that is already running may not include the caller's write.
    needed = started_ + 1;
  }
  while (Begin(needed)) End(SyncFiles());
  absl::MutexLock lock(&mutex_);
  return failed_ >= needed ? failure_ : rocksdb::Status::OK();
}

// False: the sync `needed` has ended. True: the caller must sync, and no other thread does.
bool WalSync::Begin(uint64_t needed) {
  const auto can_continue = [this, needed]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return started_ == finished_ || finished_ >= needed;
  };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&can_continue));
  if (finished_ >= needed) return false;
  ++started_;
  return true;
}

void WalSync::End(const rocksdb::Status& status) {
  absl::MutexLock lock(&mutex_);
  finished_ = started_;
  if (status.ok()) return;
  failed_ = finished_;
  failure_ = status;
}

// Syncs all write-ahead logs, because recovery uses one only if the earlier ones are complete. One
// that RocksDB deletes during the loop is not needed: its content is in table files, which RocksDB
// syncs.
rocksdb::Status WalSync::SyncFiles() {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory_, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (IsWal(name)) names.push_back(std::move(name));
  }
  if (error) return NotOpened(directory_, error.value());
  std::sort(names.begin(), names.end());
  Sizes sizes;
  bool any_is_new = false;
  for (const std::string& name : names) {
    const rocksdb::Status status = SyncOne(name, sizes, any_is_new);
    if (!status.ok()) return status;
  }
  if (any_is_new) {
    const rocksdb::Status status = SyncDirectory();
    if (!status.ok()) return status;
  }
  synced_ = std::move(sizes);
  return rocksdb::Status::OK();
}

rocksdb::Status WalSync::SyncOne(const std::string& name, Sizes& sizes, bool& is_new) {
  const std::string path = directory_ + "/" + name;
  const OpenFile file(path, O_RDONLY);
  if (file.get() < 0) {
    return errno == ENOENT ? rocksdb::Status::OK() : NotOpened(path, errno);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return NotOpened(path, errno);
  // A log only grows, so an equal size means no change.
  const auto size = static_cast<uint64_t>(status.st_size);
  const auto before = synced_.find(name);
  const bool known = before != synced_.end();
  if (!known || before->second != size) {
    if (const int error = sync_(path, file.get()); error != 0) {
      return SyncFailed(path, error);
    }
  }
  is_new = is_new || !known;
  sizes.emplace(name, size);
  return rocksdb::Status::OK();
}

rocksdb::Status WalSync::SyncDirectory() {
  const OpenFile directory(directory_, O_RDONLY | O_DIRECTORY);
  if (directory.get() < 0) return NotOpened(directory_, errno);
  const int error = sync_(directory_, directory.get());
  return error == 0 ? rocksdb::Status::OK() : SyncFailed(directory_, error);
}

}  // namespace millrace::log

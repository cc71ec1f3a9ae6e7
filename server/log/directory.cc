// SPDX-License-Identifier: Apache-2.0

#include "log/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "log/damage.h"
#include "log/info_log.h"
#include "log/storage_errors.h"

namespace millrace::log {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(std::string_view operation, const std::string& path,
                    const std::error_code& error) {
  return SystemCallFailed(operation, path, error.value());
}

absl::Status Foreign(const std::string& directory, std::string_view why) {
  return MakeError(
      reason::kDataDirectoryForeign,
      fmt::format("{} is not a log directory: {}; use an empty directory", directory, why),
      {{"path", directory}});
}

std::error_code LastError() { return {errno, std::generic_category()}; }

// Without this, a power loss could remove the directory with all synced files in it.
absl::Status SyncDirectory(const fs::path& directory) {
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return Failed("open", directory.string(), LastError());
  const bool synced = ::fsync(file) == 0;
  const std::error_code error = LastError();
  ::close(file);
  return synced ? absl::OkStatus() : Failed("sync", directory.string(), error);
}

absl::Status MakeDirectory(const std::string& directory) {
  const fs::path parent = fs::path(directory + "/.").lexically_normal().parent_path().parent_path();
  std::error_code error;
  if (!parent.empty()) fs::create_directories(parent, error);
  if (error) return Failed("create", parent.string(), error);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failed("create", directory, LastError());
  }
  return SyncDirectory(parent.empty() ? fs::path(".") : parent);
}

// Files that an interrupted creation can leave, or that a file system puts into its root.
bool IsAllowedWithoutDatabase(const std::string& name) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "LOCK",         "IDENTITY", "MANIFEST-000001", "000000.dbtmp",
      "000001.dbtmp", "BALLAST",  "lost+found"};
  return name.starts_with("LOG") || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// Whether a database with only the default family contains records. If so, it is not a log whose
// creation was interrupted.
bool ContainsRecords(const std::string& directory) {
  rocksdb::Options options;
  options.info_log = std::make_shared<InfoLog>(Clock::System());
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::OpenForReadOnly(options, directory, &opened).ok()) return false;
  const std::unique_ptr<rocksdb::DB> database(opened);
  const std::unique_ptr<rocksdb::Iterator> records(database->NewIterator({}));
  records->SeekToFirst();
  return records->Valid();
}

}  // namespace

absl::Status PrepareDirectory(const std::string& directory) {
  std::error_code error;
  if (!fs::exists(directory, error)) return MakeDirectory(directory);
  if (fs::exists(directory + "/CURRENT", error)) return absl::OkStatus();
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!IsAllowedWithoutDatabase(name)) {
      return Foreign(directory, fmt::format("it contains {} but no file CURRENT", name));
    }
  }
  return error ? Failed("read", directory, error) : absl::OkStatus();
}

absl::Status CheckFamilies(const std::string& directory,
                           const std::vector<rocksdb::ColumnFamilyDescriptor>& ours) {
  std::error_code error;
  if (!fs::exists(directory + "/CURRENT", error)) return absl::OkStatus();
  std::vector<std::string> present;
  // Opening reports a better error.
  if (!rocksdb::DB::ListColumnFamilies({}, directory, &present).ok()) return absl::OkStatus();
  if (present.size() == 1 && ContainsRecords(directory)) {
    return Foreign(directory, "it contains another program's database");
  }
  const auto is_ours = [&](const std::string& name) {
    return std::any_of(ours.begin(), ours.end(), [&](const auto& our) { return our.name == name; });
  };
  const auto unknown = std::find_if_not(present.begin(), present.end(), is_ours);
  if (unknown == present.end()) return absl::OkStatus();
  if (std::find(present.begin(), present.end(), "subscriptions") == present.end()) {
    return Foreign(directory,
                   fmt::format("it contains a database with a column family {}", *unknown));
  }
  return FormatTooNew(
      fmt::format("the log in {} has a column family {} that this version does not know", directory,
                  *unknown),
      {{"path", directory}});
}

bool HasFamilies(const std::string& directory,
                 const std::vector<rocksdb::ColumnFamilyDescriptor>& families) {
  std::error_code error;
  if (!fs::exists(directory + "/CURRENT", error)) return false;
  std::vector<std::string> present;
  if (!rocksdb::DB::ListColumnFamilies({}, directory, &present).ok()) return true;
  return present.size() == families.size();
}

std::vector<std::string> InfoLogPaths(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name == "LOG" || name.starts_with("LOG.old.")) paths.push_back(at->path().string());
  }
  return paths;
}

namespace {

template <typename Wanted>
uint64_t SumOfSizes(const std::string& directory, const Wanted& wanted) {
  uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;  // RocksDB can delete a file during the loop
    if (!wanted(at->path())) continue;
    const uint64_t size = at->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace

uint64_t DirectoryBytes(const std::string& directory) {
  return SumOfSizes(directory, [](const fs::path&) { return true; });
}

uint64_t BytesOutsideTables(const std::string& directory) {
  return SumOfSizes(directory, [](const fs::path& path) {
    return path.extension() != ".sst" && path.filename() != "BALLAST";
  });
}

}  // namespace millrace::log

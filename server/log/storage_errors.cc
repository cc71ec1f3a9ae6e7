// SPDX-License-Identifier: Apache-2.0

#include "log/storage_errors.h"

#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "log/damage.h"

namespace millrace::log {
namespace {

std::string TextOf(int error) { return std::generic_category().message(error); }

bool IsNoSpace(int error) { return error == ENOSPC || error == EDQUOT; }

}  // namespace

// RocksDB has no subcode for EDQUOT, and drops the subcode for ENOSPC when it wraps the error.
bool IsNoSpace(const rocksdb::Status& status) {
  if (status.subcode() == rocksdb::Status::kNoSpace) return true;
  if (!status.IsIOError() && !status.IsIncomplete()) return false;
  const std::string text = status.ToString();
  return text.find(TextOf(ENOSPC)) != std::string::npos ||
         text.find(TextOf(EDQUOT)) != std::string::npos;
}

absl::Status DiskFull(const std::string& directory, std::string_view why) {
  return MakeError(
      reason::kDiskFull,
      fmt::format("no space left for the log in {}: {}; free space on its disk", directory, why),
      {{"path", directory}});
}

absl::Status StorageFailed(const std::string& directory, std::string_view why) {
  return MakeError(reason::kStorageFailed, fmt::format("log in {}: {}", directory, why),
                   {{"path", directory}});
}

absl::Status ReadFailed(const std::string& directory, const rocksdb::Status& status) {
  if (!status.IsCorruption()) return StorageFailed(directory, status.ToString());
  return LogDamaged(fmt::format("log in {}: {}", directory, status.ToString()),
                    {{"path", directory}});
}

absl::Status OpenFailed(const std::string& directory, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (IsNoSpace(status)) return DiskFull(directory, text);
  // RocksDB has no code for a held lock; only the text shows it.
  if (status.IsIOError() && text.find("/LOCK") != std::string::npos &&
      text.find("ermission denied") == std::string::npos) {
    return MakeError(
        reason::kDataDirectoryInUse,
        fmt::format("another process uses the log in {}: {}; stop it or use another directory",
                    directory, text),
        {{"path", directory}});
  }
  return ReadFailed(directory, status);
}

absl::Status SystemCallFailed(std::string_view operation, const std::string& path, int error) {
  if (IsNoSpace(error)) {
    return MakeError(
        reason::kDiskFull,
        fmt::format("cannot {} {}: {}; free space on its disk", operation, path, TextOf(error)),
        {{"path", path}});
  }
  return MakeError(reason::kStorageFailed,
                   fmt::format("cannot {} {}: {}", operation, path, TextOf(error)),
                   {{"path", path}});
}

}  // namespace millrace::log

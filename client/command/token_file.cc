// SPDX-License-Identifier: Apache-2.0

#include "token_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "fmt/format.h"

namespace millrace::command {
namespace {

absl::Status SystemError(const char* action, const std::string& path) {
  const std::string why = std::generic_category().message(errno);
  return absl::UnknownError(fmt::format("cannot {} {}: {}", action, path, why));
}

// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

absl::Status WriteDurably(const std::string& path, const std::string& text) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.number() < 0) return SystemError("create", path);
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(file.number(), text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("write", path);
    written += static_cast<size_t>(count);
  }
  if (fsync(file.number()) != 0) return SystemError("write", path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<std::string>> TokenFile::Load() const {
  std::error_code error;
  if (!std::filesystem::exists(path_, error) && !error) return std::optional<std::string>();
  std::ifstream file(path_);
  std::string token;
  // Reading from an empty file fails, but does not set `bad`.
  if (!(file >> token) && (!file.is_open() || file.bad())) return SystemError("read", path_);
  return token.empty() ? std::nullopt : std::optional<std::string>(std::move(token));
}

absl::Status TokenFile::Store(const std::string& token) const {
  const std::string next = path_ + ".new";
  if (const absl::Status written = WriteDurably(next, token + "\n"); !written.ok()) return written;
  if (std::rename(next.c_str(), path_.c_str()) != 0) return SystemError("replace", path_);
  // The rename is durable only after an fsync of the directory.
  const std::filesystem::path parent = std::filesystem::path(path_).parent_path();
  const std::string directory = parent.empty() ? std::string(".") : parent.string();
  const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() < 0 || fsync(opened.number()) != 0) return SystemError("sync", directory);
  return absl::OkStatus();
}

}  // namespace millrace::command

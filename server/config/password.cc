#include "config/password.h"

#include <cstdlib>
#include <fstream>

#include "fmt/format.h"

namespace millrace {
namespace {

constexpr size_t kPasswordBytesMax = 4096;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kPasswordBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  // At its end a readable file says eof, a directory or a missing file says bad.
  if (file.bad() || !(file || file.eof())) {
    return absl::FailedPreconditionError(
        fmt::format("source.password_file '{}' cannot be read", path));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kPasswordBytesMax) {
    return absl::FailedPreconditionError(
        fmt::format("source.password_file '{}' is larger than {} bytes", path, kPasswordBytesMax));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadPassword(const SourceOptions& options) {
  if (!options.password_file.empty()) return ReadFile(options.password_file);
  if (options.password_env.empty()) return "";
  const char* const value = std::getenv(options.password_env.c_str());
  if (value == nullptr) {
    return absl::FailedPreconditionError(fmt::format(
        "source.password_env names '{}', which is not in the environment", options.password_env));
  }
  return value;
}

}  // namespace millrace

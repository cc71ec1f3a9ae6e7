// SPDX-License-Identifier: Apache-2.0

#include "config/password.h"

#include <cstdlib>
#include <fstream>
#include <string_view>

#include "fmt/format.h"

namespace millrace {
namespace {

constexpr size_t kPasswordBytesMax = 4096;

// Where a password may be, and what the keys are called that say so.
struct Places {
  const std::string& file;
  const std::string& environment;
  std::string_view file_key;
  std::string_view environment_key;
};

absl::StatusOr<std::string> ReadFile(const std::string& path, std::string_view key) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kPasswordBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  // At its end a readable file says eof, a directory or a missing file says bad.
  if (file.bad() || !(file || file.eof())) {
    return absl::FailedPreconditionError(fmt::format("{} '{}' cannot be read", key, path));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kPasswordBytesMax) {
    return absl::FailedPreconditionError(
        fmt::format("{} '{}' is larger than {} bytes", key, path, kPasswordBytesMax));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

absl::StatusOr<std::string> Read(const Places& places) {
  if (!places.file.empty()) return ReadFile(places.file, places.file_key);
  if (places.environment.empty()) return "";
  const char* const value = std::getenv(places.environment.c_str());
  if (value == nullptr) {
    return absl::FailedPreconditionError(
        fmt::format("{} names '{}', which is not in the environment", places.environment_key,
                    places.environment));
  }
  return value;
}

}  // namespace

absl::StatusOr<std::string> ReadPassword(const SourceOptions& options) {
  return Read({.file = options.password_file,
               .environment = options.password_env,
               .file_key = "source.password_file",
               .environment_key = "source.password_env"});
}

absl::StatusOr<std::string> ReadSaslPassword(const KafkaOptions& options) {
  return Read({.file = options.sasl_password_file,
               .environment = options.sasl_password_env,
               .file_key = "kafka.sasl_password_file",
               .environment_key = "kafka.sasl_password_env"});
}

}  // namespace millrace

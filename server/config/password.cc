// SPDX-License-Identifier: Apache-2.0

#include "config/password.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"

namespace millrace {
namespace {

constexpr size_t kPasswordBytesMax = 4096;
// How much to read of a PEM file to see whether it is readable.
constexpr size_t kProbeBytes = 1;

// The configured file and environment variable of a password, and the keys that set them.
struct PasswordLocation {
  const std::string& file;
  const std::string& environment;
  std::string_view file_key;
  std::string_view environment_key;
};

// A file that an option names.
struct NamedFile {
  const std::string& path;
  std::string_view key;
};

absl::Status FileUnreadable(const Reason& reason, const NamedFile& file, std::string_view why) {
  return MakeError(reason,
                   fmt::format("{} '{}' cannot be read: {}; correct the file or its permissions: "
                               "millraced retries automatically",
                               file.key, file.path, why),
                   {{"file", file.path}});
}

// Reads at most `bytes_max` bytes of the file.
absl::StatusOr<std::string> ReadPrefix(const Reason& reason, const NamedFile& file,
                                       size_t bytes_max) {
  errno = 0;
  std::ifstream stream(file.path, std::ios::binary);
  std::string text(bytes_max, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A file shorter than `bytes_max` sets eof; a directory or a missing file sets bad or fail.
  if (stream.bad() || !(stream || stream.eof())) {
    return FileUnreadable(reason, file, errno != 0 ? std::strerror(errno) : "it is not a file");
  }
  text.resize(static_cast<size_t>(stream.gcount()));
  return text;
}

absl::StatusOr<std::string> ReadPasswordFile(const Reason& reason, const NamedFile& file) {
  MILLRACE_ASSIGN_OR_RETURN(std::string text, ReadPrefix(reason, file, kPasswordBytesMax + 1));
  if (text.size() > kPasswordBytesMax) {
    return FileUnreadable(reason, file,
                          fmt::format("it is larger than {} bytes", kPasswordBytesMax));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

absl::StatusOr<std::string> ReadPasswordVariable(const Reason& reason,
                                                 const PasswordLocation& location) {
  const char* const value = std::getenv(location.environment.c_str());
  if (value != nullptr) return value;
  return MakeError(reason,
                   fmt::format("{} names the environment variable '{}', which is not set: set it "
                               "and restart millraced",
                               location.environment_key, location.environment));
}

}  // namespace

absl::StatusOr<std::string> ReadPassword(const SourceOptions& options) {
  const PasswordLocation location{.file = options.password_file,
                                  .environment = options.password_env,
                                  .file_key = "source.password_file",
                                  .environment_key = "source.password_env"};
  if (!location.file.empty()) {
    return ReadPasswordFile(reason::kSourceFileUnreadable, {location.file, location.file_key});
  }
  if (location.environment.empty()) return "";
  return ReadPasswordVariable(reason::kSourcePasswordMissing, location);
}

absl::StatusOr<std::string> ReadSaslPassword(const KafkaOptions& options) {
  const PasswordLocation location{.file = options.sasl_password_file,
                                  .environment = options.sasl_password_env,
                                  .file_key = "kafka.sasl_password_file",
                                  .environment_key = "kafka.sasl_password_env"};
  if (!location.file.empty()) {
    return ReadPasswordFile(reason::kMirrorPasswordUnreadable, {location.file, location.file_key});
  }
  if (location.environment.empty()) return "";
  return ReadPasswordVariable(reason::kMirrorPasswordUnreadable, location);
}

absl::Status CheckTlsFiles(const SourceOptions& options) {
  // Over a Unix socket there is no TLS.
  if (!options.socket.empty() || options.tls.mode == TlsMode::kDisabled) return absl::OkStatus();
  const bool verifies =
      options.tls.mode == TlsMode::kVerifyCa || options.tls.mode == TlsMode::kVerifyIdentity;
  const std::string none;
  for (const NamedFile& file : {NamedFile{verifies ? options.tls.ca : none, "source.tls.ca"},
                                NamedFile{options.tls.certificate, "source.tls.certificate"},
                                NamedFile{options.tls.key, "source.tls.key"}}) {
    if (file.path.empty()) continue;
    MILLRACE_RETURN_IF_ERROR(ReadPrefix(reason::kSourceFileUnreadable, file, kProbeBytes).status());
  }
  return absl::OkStatus();
}

}  // namespace millrace

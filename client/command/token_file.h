// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace::command {

// A file that contains a token and a line break. Only one process may write it at a time.
class TokenFile {
 public:
  explicit TokenFile(std::string path) : path_(std::move(path)) {}

  // Returns the token, or nothing if the file does not exist or is empty.
  // kUnknown: the file exists but cannot be read.
  absl::StatusOr<std::optional<std::string>> Load() const;

  // Replaces the token atomically and durably: after a crash the file contains the old or the new
  // token, after an OK the new one, after a failure the old one.
  absl::Status Store(const std::string& token) const;

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

}  // namespace millrace::command

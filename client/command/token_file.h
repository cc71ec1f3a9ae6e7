// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace::command {

// A file that holds a token and a line break. One process writes it at a time.
class TokenFile {
 public:
  explicit TokenFile(std::string path) : path_(std::move(path)) {}

  // The token, or nothing if there is no file yet or it is empty.
  // Other codes: the file is there but cannot be read.
  absl::StatusOr<std::optional<std::string>> Load() const;

  // Replaces the token. After a crash the file holds the old one or the new one; once this returns
  // OK, the new one. On failure the old one.
  absl::Status Store(const std::string& token) const;

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

}  // namespace millrace::command

// SPDX-License-Identifier: Apache-2.0

#include "session.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "fmt/format.h"

namespace millrace::command {

absl::Status Print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return absl::OkStatus();
  return absl::UnknownError(
      fmt::format("cannot write to standard output: {}", std::generic_category().message(errno)));
}

}  // namespace millrace::command

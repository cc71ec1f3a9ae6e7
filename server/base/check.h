// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace millrace {

// Prints `condition`, file and line to stderr and aborts.
[[noreturn]] void CheckFailed(std::string_view condition, std::string_view file, int line);

}  // namespace millrace

// Aborts if `condition` is false. Only for defects in our own code: for bad bytes from the network
// or from disk, return a Status.
#define MILLRACE_CHECK(condition)                              \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::millrace::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)

// Ends a function whose switch returns for every value of an enum.
#define MILLRACE_UNREACHABLE() ::millrace::CheckFailed("unreachable", __FILE__, __LINE__)

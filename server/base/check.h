// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace millrace {

// Prints `condition` with its place to stderr and aborts. Only for mistakes of our own code, never
// for bytes from the network or from disk: those are a Status.
[[noreturn]] void CheckFailed(std::string_view condition, std::string_view file, int line);

}  // namespace millrace

#define MILLRACE_CHECK(condition)                              \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::millrace::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)

// Ends a function whose switch covers all values of an enum, each with a return.
#define MILLRACE_UNREACHABLE() ::millrace::CheckFailed("unreachable", __FILE__, __LINE__)

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace millrace {

// Version of server and client; CMakeLists.txt has it.
inline constexpr std::string_view kVersion = MILLRACE_VERSION;

}  // namespace millrace

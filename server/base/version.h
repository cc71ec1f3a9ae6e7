// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace millrace {

// The version of server and client, set in CMakeLists.txt.
inline constexpr std::string_view kVersion = MILLRACE_VERSION;

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::condition {

// Values of MariaDB's UUID, INET4 and INET6 in normalized form; nullopt for other text. A UUID must
// have its four dashes.
std::optional<std::string> UuidText(std::string_view text);
std::optional<std::string> Inet4Text(std::string_view text);
std::optional<std::string> Inet6Text(std::string_view text);

}  // namespace millrace::condition

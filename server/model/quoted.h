// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "absl/strings/escaping.h"

namespace millrace {

// The start of an untrusted text, escaped and in quotes, for use in a message.
inline std::string Quoted(std::string_view text, size_t bytes_max = 80) {
  const bool cut = text.size() > bytes_max;
  const std::string escaped = absl::CHexEscape(std::string(text.substr(0, bytes_max)));
  return "'" + escaped + (cut ? "…'" : "'");
}

}  // namespace millrace

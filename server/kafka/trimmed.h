// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace millrace::kafka {

// `text` without the blanks and tabs around it.
inline std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace millrace::kafka

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string_view>

namespace millrace {

// A value of a result row in the text protocol. A null pointer is NULL.
struct TextValue {
  const char* data = nullptr;
  size_t size = 0;
  bool null() const { return data == nullptr; }
  std::string_view view() const { return {data, size}; }
};

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#include "mysql/login.h"

#include "fmt/format.h"

namespace millrace {

std::string SourceAddress::ToString() const {
  if (is_local()) return socket;
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

}  // namespace millrace

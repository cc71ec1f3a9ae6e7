// SPDX-License-Identifier: Apache-2.0

#include "condition/address.h"

#include <arpa/inet.h>

#include "absl/strings/ascii.h"

namespace millrace::condition {
namespace {

// The address as inet_ntop prints it; nullopt if `text` is not an address of the family.
std::optional<std::string> AddressText(int family, std::string_view text) {
  const std::string terminated(text);
  in6_addr address;
  char printed[INET6_ADDRSTRLEN];
  const bool valid = terminated.find('\0') == std::string::npos &&
                     inet_pton(family, terminated.c_str(), &address) == 1 &&
                     inet_ntop(family, &address, printed, sizeof printed) != nullptr;
  if (!valid) return std::nullopt;
  return printed;
}

}  // namespace

std::optional<std::string> UuidText(std::string_view text) {
  constexpr size_t kSize = 36;
  if (text.size() != kSize) return std::nullopt;
  std::string lower;
  for (size_t i = 0; i < kSize; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(text[i])) return std::nullopt;
    lower.push_back(absl::ascii_tolower(text[i]));
  }
  return lower;
}

std::optional<std::string> Inet4Text(std::string_view text) { return AddressText(AF_INET, text); }
std::optional<std::string> Inet6Text(std::string_view text) { return AddressText(AF_INET6, text); }

}  // namespace millrace::condition

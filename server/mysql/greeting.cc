// SPDX-License-Identifier: Apache-2.0

#include "mysql/greeting.h"

#include <cstdint>

#include "base/bytes.h"

namespace millrace {
namespace {

constexpr uint8_t kProtocol = 10;
constexpr uint8_t kErrorPacket = 0xff;
// CLIENT_SSL, in the lower half of the capabilities.
constexpr uint16_t kCapabilityTls = 0x0800;
// Far above the size of a greeting with any server's version text.
constexpr size_t kGreetingBytesMax = 4096;
constexpr size_t kHeaderBytes = 4;

}  // namespace

Greeting ReadGreeting(std::string_view bytes) {
  const Greeting unfinished =
      bytes.size() < kGreetingBytesMax ? Greeting::kIncomplete : Greeting::kOffersNoTls;
  if (bytes.size() <= kHeaderBytes) return unfinished;
  ByteReader reader(bytes.substr(kHeaderBytes));
  const uint8_t kind = reader.Little8();
  if (kind == kErrorPacket) return Greeting::kError;
  if (kind != kProtocol) return Greeting::kOffersNoTls;
  const size_t version_bytes = reader.rest().find('\0');
  if (version_bytes == std::string_view::npos) return unfinished;
  // Version, connection id, first half of the challenge, a filler.
  reader.Skip(version_bytes + 1 + 4 + 8 + 1);
  const uint16_t capabilities = reader.Little16();
  if (!reader.ok()) return unfinished;
  return (capabilities & kCapabilityTls) != 0 ? Greeting::kOffersTls : Greeting::kOffersNoTls;
}

}  // namespace millrace

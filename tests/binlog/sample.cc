// SPDX-License-Identifier: Apache-2.0

#include "binlog/sample.h"

#include <charconv>

#include "base/check.h"

namespace millrace::binlog {

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

SampleEvent::SampleEvent(std::string_view hex, Flavour flavour) : bytes_(FromHex(hex)) {
  auto event = EventReader(flavour).Read(bytes_);
  MILLRACE_CHECK(event.ok());
  event_ = *event;
}

Event MakeEvent(EventType type, std::string_view body, uint32_t end_position) {
  Event event;
  event.header.type = type;
  event.header.end_position = end_position;
  event.header.size = static_cast<uint32_t>(EventHeader::kSize + body.size());
  event.body = body;
  return event;
}

}  // namespace millrace::binlog

// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/error.h"
#include "binlog/event.h"
#include "binlog/parse_everything.h"
#include "fuzz/binlog_event_input.h"
#include "model/flavour.h"

namespace millrace::binlog {
namespace {

// Makes an event of these bytes, which begin with a header. The size in the header is ignored.
Event Framed(std::string_view bytes) {
  constexpr size_t kTypeAt = 4;
  Event event;
  if (bytes.size() < EventHeader::kSize) return event;
  event.header.type = static_cast<EventType>(bytes[kTypeAt]);
  event.header.size = static_cast<uint32_t>(bytes.size());
  event.body = bytes.substr(EventHeader::kSize);
  return event;
}

absl::Status ParseInput(uint8_t mode, std::string_view bytes) {
  const Flavour flavour = (mode & kInputMariadb) != 0 ? Flavour::kMariadb : Flavour::kMysql;
  if ((mode & kInputFramed) != 0) return ParseEverything(Framed(bytes), flavour);
  EventReader reader(flavour);
  MILLRACE_ASSIGN_OR_RETURN(const Event event, reader.Read(bytes));
  return ParseEverything(event, flavour);
}

}  // namespace
}  // namespace millrace::binlog

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // libFuzzer's copy has no spare bytes at its end, so a read beyond it is detected.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::Status status = millrace::binlog::ParseInput(data[0], bytes.substr(1));
  // Every error must have a reason.
  MILLRACE_CHECK(status.ok() || !millrace::ErrorReason(status).empty());
  return 0;
}

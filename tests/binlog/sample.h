// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "binlog/captured.h"
#include "binlog/event.h"

namespace millrace::binlog {

// Converts pairs of hex digits to bytes.
std::string FromHex(std::string_view hex);

// A valid event together with its bytes. Aborts if the event is invalid.
class SampleEvent {
 public:
  explicit SampleEvent(std::string_view hex, Flavour flavour = Flavour::kMysql);
  SampleEvent(const SampleEvent&) = delete;

  const Event& operator*() const { return event_; }
  const Event* operator->() const { return &event_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  Event event_;
};

// An event with this type and body.
Event MakeEvent(EventType type, std::string_view body, uint32_t end_position = 1377);

}  // namespace millrace::binlog

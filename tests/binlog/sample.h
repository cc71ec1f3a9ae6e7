// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "binlog/captured.h"
#include "binlog/event.h"

namespace millrace::binlog {

// The bytes that pairs of hex digits stand for.
std::string FromHex(std::string_view hex);

// An event that is known to be sound, with the bytes that it views.
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

// An event made by hand.
Event MakeEvent(EventType type, std::string_view body, uint32_t end_position = 1377);

}  // namespace millrace::binlog

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

// First byte of an input of binlog_event_fuzzer; an event follows.
namespace millrace::binlog {

inline constexpr uint8_t kInputMariadb = 1;
// The event has no checksum and its header's size does not count, so that a change of its bytes
// gets as far as its parser. Else it goes through EventReader::Read as it is.
inline constexpr uint8_t kInputFramed = 2;

}  // namespace millrace::binlog

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

// First byte of an input of binlog_event_fuzzer; an event follows.
namespace millrace::binlog {

inline constexpr uint8_t kInputMariadb = 1;
// The event has no checksum, and the size in its header is ignored, so that changed bytes reach the
// parser. Otherwise the event goes through EventReader::Read as it is.
inline constexpr uint8_t kInputFramed = 2;

}  // namespace millrace::binlog

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace millrace::transcode {

// Writes MariaDB's UUID, INET6 and INET4 as SELECT prints them. The binlog has them as STRING of
// fixed length in network byte order. All functions return the end of the text.

inline constexpr size_t kUuidBytes = 16;
inline constexpr size_t kInet6Bytes = 16;
inline constexpr size_t kInet4Bytes = 4;
inline constexpr size_t kMariadbTextMax = 48;

char* WriteUuid(const char* from, char* to);
char* WriteInet6(const char* from, char* to);
char* WriteInet4(const char* from, char* to);

}  // namespace millrace::transcode

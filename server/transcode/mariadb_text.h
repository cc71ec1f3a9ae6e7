// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace millrace::transcode {

// MariaDB's types that the binlog carries as STRING of fixed length, in network byte order, to the
// text that SELECT prints. All writers return the end of what they wrote.

inline constexpr size_t kUuidBytes = 16;
inline constexpr size_t kInet6Bytes = 16;
inline constexpr size_t kInet4Bytes = 4;
inline constexpr size_t kMariadbTextMax = 48;

char* WriteUuid(const char* from, char* to);
char* WriteInet6(const char* from, char* to);
char* WriteInet4(const char* from, char* to);

}  // namespace millrace::transcode

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>

namespace millrace::listener {

// What a TCP connection has carried since it was opened.
struct Traffic {
  uint64_t read = 0;          // bytes that came and that gRPC has read
  uint64_t acknowledged = 0;  // bytes that we sent and the client's machine has
};

// Nothing if `socket` is no TCP connection, or none any more.
std::optional<Traffic> ReadTraffic(int socket);

}  // namespace millrace::listener

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/raw_http2.h"

namespace millrace::testing {

// A part of a header block that never ends: each byte is a header that gRPC keeps.
std::string EndlessHeaders();
// A thousand calls, each dropped as soon as it is made; `first_stream` must be odd.
std::string DroppedCalls(uint32_t first_stream);

// Clients that attack a server from one address until they are destroyed. A client that is cut off
// reconnects at once.
class FloodClients {
 public:
  // Returns the next bytes to send; `count` is the number of earlier calls on the connection.
  using Next = std::function<std::string(uint32_t count)>;
  FloodClients(int port, const std::string& from, bool tls, int clients, const Next& next);
  ~FloodClients();

  uint64_t connections() const { return connections_.load(); }  // connections that could send
  uint64_t refused() const { return refused_.load(); }
  uint64_t bytes() const { return bytes_.load(); }

 private:
  void Run(int port, const std::string& from, bool tls, const Next& next);

  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> connections_{0};
  std::atomic<uint64_t> refused_{0};
  std::atomic<uint64_t> bytes_{0};
  std::vector<std::thread> threads_;
};

}  // namespace millrace::testing

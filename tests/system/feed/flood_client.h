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

// A block of headers that never ends: each byte of its frames is a header for gRPC to keep.
std::string EndlessHeaders();
// A thousand calls, each dropped as soon as it is made; `first_stream` is an odd number.
std::string DroppedCalls(uint32_t first_stream);

// Clients that attack a server from one address until they are destroyed; one that is cut off comes
// back at once.
class FloodClients {
 public:
  // Sends what `next` returns, again and again; it is told how often it was asked on the
  // connection.
  using Next = std::function<std::string(uint32_t count)>;
  FloodClients(int port, const std::string& from, bool tls, int clients, const Next& next);
  ~FloodClients();

  uint64_t connections() const { return connections_.load(); }  // that got through
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

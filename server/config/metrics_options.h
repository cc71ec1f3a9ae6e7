// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace millrace {

// The page that Prometheus reads.
struct MetricsOptions {
  // `address:port` or `[address]:port`; port 0 takes a free one. Empty: no page.
  std::string listen;
  // Allows an address other than loopback: the page is plain HTTP, and anyone who reaches it reads
  // the names of tables and what happens to them.
  bool insecure = false;

  friend bool operator==(const MetricsOptions&, const MetricsOptions&) = default;
};

}  // namespace millrace

// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace millrace {

// The page that Prometheus scrapes.
struct MetricsOptions {
  // `address:port` or `[address]:port`; port 0 picks a free port. Empty: no page.
  std::string listen;
  // Allows an address other than loopback. The page is plain HTTP: anyone who can reach it can read
  // table names and activity.
  bool insecure = false;

  friend bool operator==(const MetricsOptions&, const MetricsOptions&) = default;
};

}  // namespace millrace

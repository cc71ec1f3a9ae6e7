// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "admin/admin_parts.h"
#include "config/metrics_options.h"
#include "prometheus/exposer.h"
#include "prometheus/metric_family.h"

namespace millrace::admin {

// The page `/metrics` for Prometheus. Asks the parts when it is asked; nobody pays in between. Owns
// its threads.
class MetricsEndpoint {
 public:
  // What the page shows, asked on threads of the page, several at the same time.
  using Collect = std::function<std::vector<prometheus::MetricFamily>()>;

  // Listens. kUnavailable LISTEN_FAILED: the address is taken or not ours.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(const MetricsOptions& options,
                                                                Collect collect);
  // Stops.
  ~MetricsEndpoint();

  int port() const { return port_; }
  // Begins to stop: answers what is being asked, then nothing.
  void RequestStop();
  // The same, and waits. False if it has not ended by then: a client that has connected and asks
  // nothing is noticed after two seconds.
  bool StopWithin(absl::Duration timeout);

 private:
  explicit MetricsEndpoint(std::shared_ptr<prometheus::Collectable> page)
      : page_(std::move(page)) {}
  absl::Status Listen(const MetricsOptions& options);
  void WakeAcceptLoop() const;

  const std::shared_ptr<prometheus::Collectable> page_;
  std::unique_ptr<prometheus::Exposer> exposer_;
  std::string host_;  // that it listens on
  int port_ = 0;
  absl::Notification ended_;
  std::thread stopper_;
};

// Asks `parts` and tells their metrics. The parts must outlive it. Thread-safe.
MetricsEndpoint::Collect CollectFrom(const AdminParts& parts);

}  // namespace millrace::admin

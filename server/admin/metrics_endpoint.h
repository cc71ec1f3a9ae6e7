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

// The page `/metrics` for Prometheus. Collects metrics only on request. Owns its threads.
class MetricsEndpoint {
 public:
  // Returns the metrics of the page. Called on the page's threads, several at a time.
  using Collect = std::function<std::vector<prometheus::MetricFamily>()>;

  // Listens. kUnavailable LISTEN_FAILED: the address is in use or not local.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(const MetricsOptions& options,
                                                                Collect collect);
  // Stops.
  ~MetricsEndpoint();

  int port() const { return port_; }
  // Begins to stop: finishes current requests and refuses new ones. Does not block.
  void RequestStop();
  // The same, and waits. False if threads still run after `timeout`: the server notices a client
  // that connects and sends nothing only after two seconds.
  bool StopWithin(absl::Duration timeout);

 private:
  explicit MetricsEndpoint(std::shared_ptr<prometheus::Collectable> page)
      : page_(std::move(page)) {}
  absl::Status Listen(const MetricsOptions& options);
  void WakeAcceptLoop() const;

  const std::shared_ptr<prometheus::Collectable> page_;
  std::unique_ptr<prometheus::Exposer> exposer_;
  std::string host_;  // the listening host
  int port_ = 0;
  absl::Notification ended_;
  std::thread stopper_;
};

// Collects the metrics of `parts`, which must outlive the result. Thread-safe.
MetricsEndpoint::Collect CollectFrom(const AdminParts& parts);

}  // namespace millrace::admin

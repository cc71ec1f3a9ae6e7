// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prometheus/metric_family.h"

namespace millrace::admin {

// Label names and values that distinguish the series of a metric.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// The metrics of one response to Prometheus. Add adds a series to the current metric. A metric
// without series is omitted. Label values may be any bytes: invalid UTF-8, which would make
// Prometheus refuse the whole response, becomes `?`. Series with equal labels are then summed,
// because each series may appear only once.
class MetricList {
 public:
  // Start a metric. `help` is one sentence on one line.
  MetricList& Counter(std::string_view name, std::string_view help);
  MetricList& Gauge(std::string_view name, std::string_view help);

  MetricList& Add(double value, MetricLabels labels = {});
  // Adds one series for each of `choices`: 1 for the chosen one, 0 for the others.
  MetricList& OneOf(std::string_view label, const std::vector<std::string_view>& choices,
                    std::string_view chosen);

  std::vector<prometheus::MetricFamily> Take();

 private:
  MetricList& Begin(std::string_view name, std::string_view help, prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace millrace::admin

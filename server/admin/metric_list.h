// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prometheus/metric_family.h"

namespace millrace::admin {

// Names and values that tell the series of a metric apart.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// The metrics of one answer to Prometheus. Series are added to the metric that was begun last; a
// metric that gets none is left out. Label values may be any bytes: what is no UTF-8, of which one
// would make Prometheus refuse the whole answer, becomes `?`. Series whose labels are equal then
// are added up, since a series may stand there only once.
class MetricList {
 public:
  // Begin a metric. The help is a sentence on one line.
  MetricList& Counter(std::string_view name, std::string_view help);
  MetricList& Gauge(std::string_view name, std::string_view help);

  MetricList& Add(double value, MetricLabels labels = {});
  // One series for each of `choices`, of which the chosen one is 1 and the others 0.
  MetricList& OneOf(std::string_view label, const std::vector<std::string_view>& choices,
                    std::string_view chosen);

  std::vector<prometheus::MetricFamily> Take();

 private:
  MetricList& Begin(std::string_view name, std::string_view help, prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace millrace::admin

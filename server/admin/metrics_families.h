// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "admin/status_reading.h"
#include "prometheus/metric_family.h"

namespace millrace::admin {

// Limits the number of names with their own series to the first ones seen. So a name never moves to
// or from `other`, and no counter decreases.
class SeriesLimit {
 public:
  explicit SeriesLimit(size_t names_max) : names_max_(names_max) {}

  bool Admit(const std::string& name) {
    if (names_.size() >= names_max_) return names_.contains(name);
    names_.insert(name);
    return true;
  }

 private:
  size_t names_max_;
  std::set<std::string> names_;
};

// All names beyond a limit share one series, whose name labels are `other`.
struct SeriesLimits {
  static constexpr size_t kSeriesMax = 10'000;
  static constexpr size_t kSeriesPerTable = 4;

  SeriesLimit tables{kSeriesMax / kSeriesPerTable};
  SeriesLimit topics{kSeriesMax};
};

// All metrics, as listed in server/METRICS.md. Pass the same `limits` each time.
std::vector<prometheus::MetricFamily> MetricFamilies(const StatusReading& reading,
                                                     SeriesLimits& limits);

}  // namespace millrace::admin

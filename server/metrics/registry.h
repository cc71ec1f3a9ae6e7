#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "metrics/counters.h"

namespace millrace {

// What a metric is called: `millrace_ingest_changes_total`, and a sentence for people.
struct MetricName {
  std::string name;
  std::string help;
};

// Names and values that tell the series of a metric apart, in the order in which they are printed.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Owns all counters and gauges and prints them. Thread-safe. What Add returns lives as long as the
// registry; callers keep the reference and count without coming here again. A second Add with the
// same name and labels returns the same object.
// Requires everywhere: names of letters, digits and `_`; help on one line without backslash; one
// kind of metric under one name.
class MetricsRegistry {
 public:
  MetricsRegistry() = default;
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  // Requires: the name ends in `_total`.
  Counter& AddCounter(const MetricName& name, const MetricLabels& labels = {});
  Gauge& AddGauge(const MetricName& name, const MetricLabels& labels = {});
  // A gauge whose value is asked for when it is printed. `read` must stay callable, from any
  // thread, as long as the registry prints, and must not come back to the registry. The first one
  // given for the same name and labels stays.
  void AddReading(const MetricName& name, const MetricLabels& labels, std::function<double()> read);

  // Everything in Prometheus' text format, version 0.0.4, sorted by name.
  std::string PrometheusText() const;

  // Series that one name may have. More share one whose label values are all `other`, so that no
  // number of tables makes the registry grow without end.
  static constexpr size_t kSeriesMax = 10'000;

 private:
  using Reading = std::function<double()>;
  using Value = std::variant<Counter, Gauge, Reading>;
  struct Family {
    std::string help;
    std::string_view type;
    // By labels as they are printed.
    std::map<std::string, Value> series;
  };

  template <typename Kind>
  Kind& Add(const MetricName& name, std::string_view type, const MetricLabels& labels)
      ABSL_LOCKS_EXCLUDED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, Family> families_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

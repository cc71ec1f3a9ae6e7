// SPDX-License-Identifier: Apache-2.0

#include "admin/metric_list.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "model/charset.h"

namespace millrace::admin {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string ValidText(std::string text) {
  if (IsValidUtf8(text)) return text;
  const auto beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  std::replace_if(text.begin(), text.end(), beyond_ascii, '?');
  return text;
}

// Merges series with equal labels into the first of them.
void MergeEqual(MetricFamily& family) {
  std::vector<ClientMetric> merged;
  std::map<std::vector<ClientMetric::Label>, size_t> places;
  for (ClientMetric& metric : family.metric) {
    const auto [place, is_new] = places.try_emplace(metric.label, merged.size());
    if (is_new) {
      merged.push_back(std::move(metric));
    } else {
      merged[place->second].counter.value += metric.counter.value;
      merged[place->second].gauge.value += metric.gauge.value;
    }
  }
  family.metric = std::move(merged);
}

}  // namespace

MetricList& MetricList::Counter(std::string_view name, std::string_view help) {
  MILLRACE_CHECK(name.ends_with("_total"));
  return Begin(name, help, MetricType::Counter);
}

MetricList& MetricList::Gauge(std::string_view name, std::string_view help) {
  return Begin(name, help, MetricType::Gauge);
}

MetricList& MetricList::Begin(std::string_view name, std::string_view help, MetricType type) {
  families_.push_back(
      {.name = std::string(name), .help = std::string(help), .type = type, .metric = {}});
  return *this;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the loop moves the texts out of it.
MetricList& MetricList::Add(double value, MetricLabels labels) {
  MILLRACE_CHECK(!families_.empty());
  ClientMetric metric;
  for (auto& [name, text] : labels) {
    metric.label.push_back({std::move(name), ValidText(std::move(text))});
  }
  (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      value;
  families_.back().metric.push_back(std::move(metric));
  return *this;
}

MetricList& MetricList::OneOf(std::string_view label, const std::vector<std::string_view>& choices,
                              std::string_view chosen) {
  for (const std::string_view choice : choices) {
    Add(choice == chosen ? 1 : 0, {{std::string(label), std::string(choice)}});
  }
  return *this;
}

std::vector<MetricFamily> MetricList::Take() {
  std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
  for (MetricFamily& family : families_) MergeEqual(family);
  return std::exchange(families_, {});
}

}  // namespace millrace::admin

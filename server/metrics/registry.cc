#include "metrics/registry.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "base/check.h"
#include "fmt/format.h"

namespace millrace {
namespace {

bool IsName(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), [](unsigned char character) {
           return absl::ascii_isalnum(character) || character == '_';
         });
}

// Bytes of the UTF-8 character that `text` begins with; 0 if it begins with none.
size_t Utf8Bytes(std::string_view text) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 0 || first > 0xf4 || text.size() < size) return 0;
  for (size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
  }
  const bool bad_second =
      size > 1 && ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                   (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f));
  return bad_second ? 0 : size;
}

// Escapes as the format wants. A byte that is no UTF-8 becomes `?`: one such name of a table would
// make Prometheus refuse the whole page.
void AppendEscaped(std::string& to, std::string_view text) {
  while (!text.empty()) {
    const size_t size = Utf8Bytes(text);
    if (size == 0) {
      to.push_back('?');
    } else if (text.front() == '\n') {
      to.append("\\n");
    } else {
      if (text.front() == '\\' || text.front() == '"') to.push_back('\\');
      to.append(text.substr(0, size));
    }
    text.remove_prefix(std::max(size, size_t{1}));
  }
}

// `{database="shop",table="orders"}`; nothing without labels. `value`, if given, stands for all.
std::string LabelsText(const MetricLabels& labels, std::string_view value_of_all = {}) {
  if (labels.empty()) return {};
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    MILLRACE_CHECK(IsName(name));
    if (text.size() > 1) text.push_back(',');
    text.append(name).append("=\"");
    AppendEscaped(text, value_of_all.empty() ? std::string_view(value) : value_of_all);
    text.push_back('"');
  }
  return text + "}";
}

std::string NumberText(double value) {
  if (value != value) return "NaN";
  if (value == value * 2 && value != 0) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

template <typename Kind>
Kind& MetricsRegistry::Add(const MetricName& name, std::string_view type,
                           const MetricLabels& labels) {
  MILLRACE_CHECK(IsName(name.name));
  MILLRACE_CHECK(name.help.find_first_of("\n\\") == std::string::npos);
  std::string key = LabelsText(labels);
  absl::MutexLock lock(&mutex_);
  Family& family = families_.try_emplace(name.name, Family{name.help, type, {}}).first->second;
  if (family.series.size() >= kSeriesMax && !family.series.contains(key)) {
    key = LabelsText(labels, "other");
  }
  Value& value = family.series.try_emplace(key, std::in_place_type<Kind>).first->second;
  Kind* const kind = std::get_if<Kind>(&value);
  MILLRACE_CHECK(kind != nullptr);
  return *kind;
}

Counter& MetricsRegistry::AddCounter(const MetricName& name, const MetricLabels& labels) {
  MILLRACE_CHECK(name.name.ends_with("_total"));
  return Add<Counter>(name, "counter", labels);
}

Gauge& MetricsRegistry::AddGauge(const MetricName& name, const MetricLabels& labels) {
  return Add<Gauge>(name, "gauge", labels);
}

void MetricsRegistry::AddReading(const MetricName& name, const MetricLabels& labels,
                                 std::function<double()> read) {
  MILLRACE_CHECK(read != nullptr);
  Reading& reading = Add<Reading>(name, "gauge", labels);
  absl::MutexLock lock(&mutex_);
  if (reading == nullptr) reading = std::move(read);
}

std::string MetricsRegistry::PrometheusText() const {
  struct Print {
    std::string operator()(const Counter& counter) const { return fmt::to_string(counter.value()); }
    std::string operator()(const Gauge& gauge) const { return fmt::to_string(gauge.value()); }
    // Empty for the moment between the two steps of AddReading.
    std::string operator()(const Reading& read) const { return NumberText(read ? read() : 0); }
  };
  std::string text;
  absl::MutexLock lock(&mutex_);
  for (const auto& [name, family] : families_) {
    text.append("# HELP ").append(name).append(" ").append(family.help);
    text.append("\n# TYPE ").append(name).append(" ").append(family.type).append("\n");
    for (const auto& [labels, value] : family.series) {
      text.append(name).append(labels).append(" ").append(std::visit(Print(), value));
      text.push_back('\n');
    }
  }
  return text;
}

}  // namespace millrace

#include "metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::Not;

const MetricName kChanges{"millrace_ingest_changes_total", "Row changes stored."};
const MetricName kStreams{"millrace_feed_streams", "Open streams."};

TEST(MetricsRegistry, PrintsFamiliesSortedWithHelpAndType) {
  MetricsRegistry registry;
  registry.AddCounter(kChanges, {{"database", "shop"}, {"table", "orders"}}).Add(3);
  registry.AddCounter(kChanges, {{"database", "shop"}, {"table", "items"}});
  registry.AddGauge(kStreams).Set(-2);
  registry.AddReading({"millrace_ingest_lag_seconds", "Lag."}, {}, [] { return 0.25; });
  EXPECT_EQ(registry.PrometheusText(),
            "# HELP millrace_feed_streams Open streams.\n"
            "# TYPE millrace_feed_streams gauge\n"
            "millrace_feed_streams -2\n"
            "# HELP millrace_ingest_changes_total Row changes stored.\n"
            "# TYPE millrace_ingest_changes_total counter\n"
            "millrace_ingest_changes_total{database=\"shop\",table=\"items\"} 0\n"
            "millrace_ingest_changes_total{database=\"shop\",table=\"orders\"} 3\n"
            "# HELP millrace_ingest_lag_seconds Lag.\n"
            "# TYPE millrace_ingest_lag_seconds gauge\n"
            "millrace_ingest_lag_seconds 0.25\n");
}

TEST(MetricsRegistry, SameNameAndLabelsAreTheSameCounter) {
  MetricsRegistry registry;
  Counter& first = registry.AddCounter(kChanges, {{"table", "a"}});
  EXPECT_EQ(&first, &registry.AddCounter(kChanges, {{"table", "a"}}));
  EXPECT_NE(&first, &registry.AddCounter(kChanges, {{"table", "b"}}));
}

TEST(MetricsRegistry, LabelValuesAreEscapedAndValidUtf8) {
  MetricsRegistry registry;
  for (const char* value : {"a\"b\\c\nd", "größe€😀", "\xff|\xc0\x80|\xed\xa0\x80|\xe2\x82"}) {
    registry.AddGauge(kStreams, {{"peer", value}});
  }
  const std::string text = registry.PrometheusText();
  EXPECT_THAT(text, HasSubstr("{peer=\"a\\\"b\\\\c\\nd\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("{peer=\"größe€😀\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("{peer=\"?|??|???|??\"} 0\n"));
}

TEST(MetricsRegistry, ReadingsThatAreNoNumbersPrintAsTheFormatSpellsThem) {
  MetricsRegistry registry;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto add = [&](const char* kind, double value) {
    registry.AddReading(kStreams, {{"kind", kind}}, [value] { return value; });
  };
  add("nan", std::numeric_limits<double>::quiet_NaN());
  add("up", kInfinity);
  add("down", -kInfinity);
  const std::string text = registry.PrometheusText();
  EXPECT_THAT(text, HasSubstr("{kind=\"nan\"} NaN\n"));
  EXPECT_THAT(text, HasSubstr("{kind=\"up\"} +Inf\n"));
  EXPECT_THAT(text, HasSubstr("{kind=\"down\"} -Inf\n"));
}

TEST(MetricsRegistry, SeriesBeyondTheLimitShareOne) {
  MetricsRegistry registry;
  for (size_t i = 0; i < MetricsRegistry::kSeriesMax + 5; ++i) {
    registry.AddCounter(kChanges, {{"table", std::to_string(i)}}).Add();
  }
  const std::string text = registry.PrometheusText();
  EXPECT_THAT(text, HasSubstr("{table=\"9999\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{table=\"other\"} 5\n"));
  EXPECT_THAT(text, Not(HasSubstr("{table=\"10000\"}")));
}

TEST(MetricsRegistry, PrintsWhileOthersAddAndCount) {
  MetricsRegistry registry;
  std::jthread adder([&] {
    for (int i = 0; i < 1000; ++i) registry.AddCounter(kChanges, {{"t", std::to_string(i)}}).Add();
  });
  while (registry.PrometheusText().find("{t=\"999\"} 1\n") == std::string::npos) continue;
}

TEST(MetricsRegistryDeathTest, OneNameIsOneKindOfMetric) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  MetricsRegistry registry;
  registry.AddReading({"millrace_x_total", "x"}, {}, [] { return 1.0; });
  EXPECT_DEATH(registry.AddCounter({"millrace_x_total", "x"}), "check failed");
  EXPECT_DEATH(registry.AddCounter(kStreams), "check failed");
  EXPECT_DEATH(registry.AddGauge({"bad name", "x"}), "check failed");
}

}  // namespace
}  // namespace millrace

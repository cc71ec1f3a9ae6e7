// SPDX-License-Identifier: Apache-2.0

// Metrics of a mirror to a real broker.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sql_session.h"
#include "system/kafka/kafka_fixture.h"
#include "system/metrics_page.h"

namespace millrace::testing {
namespace {

using ::testing::Ge;

class KafkaMetrics : public KafkaSuite {
 protected:
  KafkaMetrics() {
    sql_.MustExecute("CREATE DATABASE shop");
    sql_.MustExecute("CREATE TABLE shop.t (id INT PRIMARY KEY, s TEXT)");
  }
  MetricsPage Start(const std::string& prefix, const std::vector<std::string>& more = {}) {
    feed_ = FeedServer::MustStart(
        *source_, {.kafka = MirrorLines(broker(), prefix, more), .metrics = kMetricsLines});
    return MetricsPage(*feed_);
  }

  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_;
};

TEST_F(KafkaMetrics, RecordsAreCountedByTopic) {
  const MetricsPage page = Start("counted");
  sql_.MustExecute("INSERT INTO shop.t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
  page.WaitFor("millrace_kafka_topic_records_total{topic=\"counted.shop.t\"}", Ge(3));
  EXPECT_EQ(page.Value("millrace_kafka_records_total"), 3);
  EXPECT_EQ(page.Value("millrace_kafka_state{state=\"running\"}"), 1);
  EXPECT_EQ(page.Value("millrace_kafka_lag_changes"), 0);
  EXPECT_EQ(page.Value("millrace_kafka_lag_seconds"), 0);
  EXPECT_GE(page.Value("millrace_kafka_transactions_total"), 1);
}

TEST_F(KafkaMetrics, ParkedMirrorShowsReasonAndLag) {
  const MetricsPage page = Start("parked", {"client: {message.max.bytes: 2000, batch.size: 1000}"});
  page.WaitFor("millrace_kafka_state{state=\"running\"}", Ge(1));
  sql_.MustExecute("INSERT INTO shop.t VALUES (1, REPEAT('x', 10000))");
  sql_.MustExecute("INSERT INTO shop.t VALUES (2, 'b')");
  page.WaitFor("millrace_kafka_error{reason=\"MIRROR_RECORD_TOO_LARGE\"}", Ge(1));
  EXPECT_EQ(page.Value("millrace_kafka_state{state=\"parked\"}"), 1);
  page.WaitFor("millrace_kafka_lag_changes", Ge(2));
  page.WaitFor("millrace_kafka_lag_seconds", Ge(0.5));
  EXPECT_EQ(page.Value("millrace_ingest_state{state=\"streaming\"}"), 1);
}

}  // namespace
}  // namespace millrace::testing

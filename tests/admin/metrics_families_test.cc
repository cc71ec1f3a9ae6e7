// SPDX-License-Identifier: Apache-2.0

#include "admin/metrics_families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/reason.h"
#include "prometheus/text_serializer.h"

namespace millrace::admin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Mirror = v1::MirrorStatus;

constexpr Micros kSecond = 1'000'000;

class MetricsFamiliesTest : public ::testing::Test {
 protected:
  std::vector<prometheus::MetricFamily> Families() { return MetricFamilies(reading_, limits_); }
  // The text that Prometheus receives.
  std::string Text() {
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, Families());
    return text.str();
  }
  // Number of series of a metric.
  size_t SeriesOf(const std::string& name) {
    for (const auto& family : Families()) {
      if (family.name == name) return family.metric.size();
    }
    return 0;
  }
  Mirror& WithMirror(Mirror::State state) {
    reading_.mirror.emplace().set_state(state);
    return *reading_.mirror;
  }
  // Adds the newest snapshot so far, with one table.
  void WithSnapshot(v1::Snapshot::State state, const std::string& table,
                    v1::SnapshotTable::State table_state) {
    v1::Snapshot snapshot;
    snapshot.set_state(state);
    v1::SnapshotTable& its = *snapshot.add_tables();
    its.set_table(table);
    its.set_state(table_state);
    its.set_rows_read(10);
    its.set_rows_estimate(100);
    reading_.snapshots.insert(reading_.snapshots.begin(), snapshot);
  }

  StatusReading reading_;
  SeriesLimits limits_;
};

TEST_F(MetricsFamiliesTest, NamesFollowTheRules) {
  WithMirror(Mirror::STATE_RUNNING).set_sequence(1);
  const std::regex name("(millrace_[a-z]+|process)_[a-z_]+");
  std::set<std::string> names;
  for (const auto& family : Families()) {
    EXPECT_TRUE(std::regex_match(family.name, name)) << family.name;
    EXPECT_TRUE(names.insert(family.name).second) << family.name << " appears twice";
    EXPECT_EQ(family.type == prometheus::MetricType::Counter,
              family.name.size() > 6 && family.name.substr(family.name.size() - 6) == "_total")
        << family.name;
    EXPECT_FALSE(family.help.empty()) << family.name;
  }
  EXPECT_GE(names.size(), 40u);
}

TEST_F(MetricsFamiliesTest, ConnectionsAreCountedByReason) {
  reading_.connections.open = 7;
  reading_.connections.refused[static_cast<size_t>(listener::Refusal::kPeerBlocked)] = 3;
  reading_.connections.cut[static_cast<size_t>(listener::CutReason::kEndlessHeaders)] = 2;
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("millrace_listener_connections 7"));
  EXPECT_THAT(text, HasSubstr("refused_total{reason=\"peer_blocked\"} 3"));
  EXPECT_THAT(text, HasSubstr("refused_total{reason=\"connections_max\"} 0"));
  EXPECT_THAT(text, HasSubstr("cut_total{reason=\"endless_headers\"} 2"));
}

TEST_F(MetricsFamiliesTest, FailedSourceShowsItsStateAndReason) {
  reading_.ingest.state = ingest::State::kFailed;
  reading_.ingest.error = "text";
  reading_.ingest.error_reason = "SOURCE_PURGED";
  reading_.ingest.errors = {{"SOURCE_PURGED", 1}, {"SOURCE_UNREACHABLE", 3}};
  EXPECT_THAT(Text(), AllOf(HasSubstr("millrace_ingest_state{state=\"failed\"} 1\n"),
                            HasSubstr("millrace_ingest_state{state=\"streaming\"} 0\n"),
                            HasSubstr("millrace_ingest_error{reason=\"SOURCE_PURGED\"} 1\n"),
                            HasSubstr("errors_total{reason=\"SOURCE_UNREACHABLE\"} 3\n")));
}

TEST_F(MetricsFamiliesTest, HealthySourceHasNoError) {
  reading_.ingest.state = ingest::State::kStreaming;
  EXPECT_THAT(Text(), AllOf(HasSubstr("millrace_ingest_state{state=\"streaming\"} 1\n"),
                            Not(HasSubstr("millrace_ingest_error"))));
}

TEST_F(MetricsFamiliesTest, LagGrowsWhileSourceIsSilent) {
  EXPECT_THAT(Text(), Not(HasSubstr("millrace_ingest_lag_seconds")));
  reading_.ingest.source_time = 100 * kSecond;
  reading_.now = 102 * kSecond + kSecond / 2;
  EXPECT_THAT(Text(), HasSubstr("\nmillrace_ingest_lag_seconds 2.5\n"));
  reading_.now = 160 * kSecond;
  EXPECT_THAT(Text(), HasSubstr("\nmillrace_ingest_lag_seconds 60\n"));
  reading_.now = 99 * kSecond;  // the clock was set back
  EXPECT_THAT(Text(), HasSubstr("\nmillrace_ingest_lag_seconds 0\n"));
}

TEST_F(MetricsFamiliesTest, TablesAreCountedByOperation) {
  reading_.tables = {{{"shop", "orders"}, 1, 2, 3, 4}};
  const std::string series =
      "millrace_ingest_table_changes_total{database=\"shop\",table=\"orders\"";
  EXPECT_THAT(Text(), AllOf(HasSubstr(series + ",operation=\"insert\"} 1\n"),
                            HasSubstr(series + ",operation=\"update\"} 2\n"),
                            HasSubstr(series + ",operation=\"delete\"} 3\n"),
                            HasSubstr(series + ",operation=\"read\"} 4\n")));
}

TEST_F(MetricsFamiliesTest, AnyTableNameStaysOneValidLine) {
  reading_.tables = {{{"Båt \"1\"", "a\\b\nc{}"}, 7}};
  EXPECT_THAT(Text(),
              HasSubstr(R"({database="Båt \"1\"",table="a\\b\nc{}",operation="insert"} 7)"));
}

TEST_F(MetricsFamiliesTest, InvalidUtf8NamesKeepTheirCounts) {
  reading_.tables = {{{"shop", "a\xff"}, 7}, {{"shop", "a\xfe"}, 5}};
  EXPECT_THAT(Text(), HasSubstr("table=\"a?\",operation=\"insert\"} 12\n"));
  EXPECT_EQ(SeriesOf("millrace_ingest_table_changes_total"), 4u);
}

TEST_F(MetricsFamiliesTest, TablesBeyondTheLimitAreSummed) {
  constexpr size_t kTables = SeriesLimits::kSeriesMax / SeriesLimits::kSeriesPerTable;
  for (size_t i = 0; i < kTables + 2; ++i) {
    reading_.tables.push_back({{"shop", "t" + std::to_string(i)}, 5});
  }
  EXPECT_THAT(Text(), HasSubstr("{database=\"other\",table=\"other\",operation=\"insert\"} 10\n"));
  EXPECT_EQ(SeriesOf("millrace_ingest_table_changes_total"), SeriesLimits::kSeriesMax + 4);
}

TEST_F(MetricsFamiliesTest, TableKeepsItsSeriesWhenOthersAreAdded) {
  limits_.tables = SeriesLimit(1);
  reading_.tables = {{{"shop", "orders"}, 5}};
  Text();
  reading_.tables.insert(reading_.tables.begin(), {{"shop", "carts"}, 9});
  EXPECT_THAT(Text(), AllOf(HasSubstr("table=\"orders\",operation=\"insert\"} 5\n"),
                            HasSubstr("table=\"other\",operation=\"insert\"} 9\n")));
}

TEST_F(MetricsFamiliesTest, LaggingReadersShowChangesAndSeconds) {
  ReaderReading stream;
  stream.lag = {.changes = 7, .time = 3 * kSecond};
  ReaderReading subscription;
  subscription.subscription = "billing";
  subscription.lag = {.changes = 9, .time = std::nullopt};
  reading_.feed.streams = {ReaderReading(), stream, ReaderReading()};
  reading_.feed.subscriptions = {subscription};
  EXPECT_THAT(Text(), AllOf(HasSubstr("\nmillrace_feed_slowest_stream_lag_changes 7\n"),
                            HasSubstr("\nmillrace_feed_slowest_stream_lag_seconds 3\n"),
                            HasSubstr("_subscription_lag_changes{subscription=\"billing\"} 9\n"),
                            Not(HasSubstr("_subscription_lag_seconds{"))));
}

TEST_F(MetricsFamiliesTest, ReadersOutsideTheLogHaveNoLag) {
  ReaderReading reader;
  reader.subscription = "billing";
  reader.place = ReaderReading::Place::kInOtherLog;
  reading_.feed.subscriptions = {reader};
  reader.place = ReaderReading::Place::kInSnapshot;
  reader.lag = {.changes = 9, .time = kSecond};
  reading_.feed.streams = {reader};
  EXPECT_THAT(Text(), AllOf(HasSubstr("\nmillrace_feed_streams 1\n"),
                            HasSubstr("\nmillrace_feed_slowest_stream_lag_changes 0\n"),
                            HasSubstr("\nmillrace_feed_subscriptions 1\n"),
                            Not(HasSubstr("_subscription_lag_changes{"))));
}

TEST_F(MetricsFamiliesTest, OnlyMostLaggingSubscriptionsHaveSeries) {
  for (uint64_t i = 0; i < 1001; ++i) {
    ReaderReading& reader = reading_.feed.subscriptions.emplace_back();
    reader.subscription = "s" + std::to_string(i);
    reader.sequence = {i};
  }
  EXPECT_EQ(SeriesOf("millrace_feed_subscription_lag_changes"), 1000u);
  EXPECT_THAT(Text(), Not(HasSubstr("\"s1000\"")));
}

TEST_F(MetricsFamiliesTest, OldestChangeHasAnAge) {
  reading_.now = 100 * kSecond;
  reading_.log.oldest_commit_time = 40 * kSecond;
  EXPECT_THAT(Text(), HasSubstr("\nmillrace_log_oldest_change_age_seconds 60\n"));
}

TEST_F(MetricsFamiliesTest, TableHasStateOfItsNewestSnapshot) {
  WithSnapshot(v1::Snapshot::STATE_DONE, "orders", v1::SnapshotTable::STATE_FAILED);
  EXPECT_THAT(Text(), HasSubstr("millrace_snapshot_tables{state=\"failed\"} 1\n"));
  WithSnapshot(v1::Snapshot::STATE_RUNNING, "orders", v1::SnapshotTable::STATE_READING);
  EXPECT_THAT(Text(), AllOf(HasSubstr("millrace_snapshot_tables{state=\"failed\"} 0\n"),
                            HasSubstr("millrace_snapshot_tables{state=\"reading\"} 1\n"),
                            HasSubstr("millrace_snapshot_snapshots{state=\"running\"} 1\n"),
                            HasSubstr("\nmillrace_snapshot_rows_read 10\n"),
                            HasSubstr("\nmillrace_snapshot_rows_estimate 100\n")));
}

TEST_F(MetricsFamiliesTest, CanceledSnapshotHasNoWaitingTables) {
  WithSnapshot(v1::Snapshot::STATE_CANCELED, "orders", v1::SnapshotTable::STATE_WAITING);
  EXPECT_THAT(Text(), HasSubstr("millrace_snapshot_tables{state=\"waiting\"} 0\n"));
}

TEST_F(MetricsFamiliesTest, CertificatesShowTheirExpiry) {
  EXPECT_THAT(Text(), Not(HasSubstr("millrace_certificate")));
  reading_.now = 100 * kSecond;
  reading_.certificates.certificates = {
      {.file = {"server.tls.certificate", "/feed.pem"}, .expiry = {.not_after = 160 * kSecond}},
      {.file = {"source.tls.certificate", "/source.pem"}, .expiry = {.not_after = 70 * kSecond}}};
  EXPECT_THAT(Text(), AllOf(HasSubstr("_expires_seconds{setting=\"server.tls.certificate\"} 60\n"),
                            HasSubstr("_expires_seconds{setting=\"source.tls.certificate\"} -30\n"),
                            Not(HasSubstr("millrace_certificate_error"))));
}

TEST_F(MetricsFamiliesTest, UnusableCertificateIsAnError) {
  reading_.certificates.error = MakeError(reason::kTlsFileUnreadable, "text");
  EXPECT_THAT(Text(),
              HasSubstr("\nmillrace_certificate_error{reason=\"TLS_FILE_UNREADABLE\"} 1\n"));
}

TEST_F(MetricsFamiliesTest, ClientNamesAreNotLabels) {
  ReaderReading stream;
  stream.client_name = "billing on app-3";
  reading_.feed.streams = {stream};
  EXPECT_THAT(Text(), Not(HasSubstr("billing")));
}

TEST_F(MetricsFamiliesTest, WithoutMirrorThereAreNoMirrorMetrics) {
  EXPECT_THAT(Text(), Not(HasSubstr("millrace_kafka")));
}

TEST_F(MetricsFamiliesTest, ParkedMirrorShowsReasonAndLag) {
  Mirror& mirror = WithMirror(Mirror::STATE_PARKED);
  mirror.set_error("text");
  mirror.set_error_reason("MIRROR_RECORD_TOO_LARGE");
  mirror.set_sequence(5);
  mirror.set_lag_changes(3);
  mirror.mutable_lag()->set_seconds(90);
  mirror.mutable_lag()->set_nanos(500'000'000);
  EXPECT_THAT(Text(), AllOf(HasSubstr("millrace_kafka_state{state=\"parked\"} 1\n"),
                            HasSubstr("_kafka_error{reason=\"MIRROR_RECORD_TOO_LARGE\"} 1\n"),
                            HasSubstr("\nmillrace_kafka_lag_changes 3\n"),
                            HasSubstr("\nmillrace_kafka_lag_seconds 90.5\n")));
}

TEST_F(MetricsFamiliesTest, MirrorWithoutPositionHasNoLag) {
  WithMirror(Mirror::STATE_CONNECTING);
  EXPECT_THAT(Text(), Not(HasSubstr("millrace_kafka_lag")));
  WithMirror(Mirror::STATE_PARKED).set_sequence(0);
  EXPECT_THAT(Text(), HasSubstr("\nmillrace_kafka_lag_changes 0\n"));
}

TEST_F(MetricsFamiliesTest, TopicsAreCounted) {
  v1::MirrorTopic& topic = *WithMirror(Mirror::STATE_RUNNING).add_topics();
  topic.set_topic("demo.shop.orders");
  topic.set_records(12);
  EXPECT_THAT(Text(),
              HasSubstr("millrace_kafka_topic_records_total{topic=\"demo.shop.orders\"} 12\n"));
}

TEST(ProcessStatusTest, DescribesThisProcess) {
  const ProcessStatus status = ReadProcessStatus();
  EXPECT_GT(status.resident_bytes, uint64_t{1} << 20);
  EXPECT_GE(status.virtual_bytes, status.resident_bytes);
  EXPECT_GE(status.open_fds, 3u);
  EXPECT_GE(status.max_fds, status.open_fds);
  const double now = static_cast<double>(Clock::System().WallMicros()) / 1e6;
  EXPECT_LE(status.start_seconds, now + 2);
  EXPECT_GT(status.start_seconds, now - 24 * 3600);
}

}  // namespace
}  // namespace millrace::admin

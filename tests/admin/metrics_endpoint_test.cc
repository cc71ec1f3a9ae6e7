// SPDX-License-Identifier: Apache-2.0

// The page as Prometheus reads it, over the parts of a real server.

#include "admin/metrics_endpoint.h"

#include "admin/metrics_families.h"
#include "api/server_fixture.h"
#include "fmt/format.h"
#include "support/http_get.h"

namespace millrace::admin {
namespace {

using ::testing::AllOf;
using testing::ConnectTo;
using ::testing::HasSubstr;
using testing::HttpGet;
using ::testing::StartsWith;

const MetricsOptions kAnyPort{.listen = "127.0.0.1:0"};

class MetricsEndpointTest : public api::ServerTest {
 protected:
  MetricsEndpointTest() {
    for (uint64_t number = 1; number <= 10; ++number) log_.Inserts(number, 3);
    log_.Commit();
    Start();
    endpoint_ = MetricsEndpoint::Start(kAnyPort, CollectFrom({.ingest = *ingest_,
                                                              .feed = log_.feed(),
                                                              .subscriptions = log_.subscriptions(),
                                                              .streams = *streams_,
                                                              .connections = connections_,
                                                              .snapshots = *snapshots_,
                                                              .disk = disk_,
                                                              .commit_times = commit_times_,
                                                              .clock = log_.clock()}))
                    .value();
  }
  std::string Page() { return HttpGet(endpoint_->port(), "/metrics"); }
  v1::GetStatusResponse Status() {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    EXPECT_TRUE(v1::Admin::NewStub(channel_)->GetStatus(&context, {}, &response).ok());
    return response;
  }
  void StorePosition(const std::string& name, uint64_t sequence) {
    ASSERT_TRUE(
        log_.subscriptions().Commit(name, feed::TokenAfter(log_.feed(), {sequence}).value()).ok());
  }

  std::unique_ptr<MetricsEndpoint> endpoint_;
};

TEST_F(MetricsEndpointTest, PageIsPrometheusText) {
  EXPECT_THAT(Page(), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("text/plain"),
                            HasSubstr("# TYPE millrace_log_newest_sequence gauge\n"),
                            HasSubstr("\nmillrace_log_newest_sequence 30\n")));
  EXPECT_THAT(HttpGet(endpoint_->port(), "/"), HasSubstr("404 Not Found"));
}

TEST_F(MetricsEndpointTest, UnreachedSourceIsConnecting) {
  EXPECT_THAT(Page(), HasSubstr("millrace_ingest_state{state=\"connecting\"} 1\n"));
}

TEST_F(MetricsEndpointTest, LogMetricsShowRangeWritesAndSpace) {
  log_.clock().JumpWall(100 * feed::kSecond);
  EXPECT_THAT(Page(), AllOf(HasSubstr("\nmillrace_log_oldest_sequence 1\n"),
                            HasSubstr("\nmillrace_log_commits_total 1\n"),
                            HasSubstr("\nmillrace_log_oldest_change_age_seconds 100\n"),
                            HasSubstr("\nmillrace_log_available_bytes ")));
  const log::WriteCounts written = log_.log().written();
  EXPECT_GT(written.frame_bytes, 30u * 10);
  EXPECT_THAT(Page(), HasSubstr(fmt::format("\nmillrace_log_frames_total {}\n", written.frames)));
}

TEST_F(MetricsEndpointTest, StreamsAndSubscriptionsShowTheirLag) {
  log_.clock().JumpWall(100 * feed::kSecond);
  StorePosition("billing", 27);
  StorePosition("search", 30);
  const auto stream = streams_->Add({.peer = "peer"});
  stream->passed.store(12);
  stream->in_log.store(true);
  streams_->Add({.peer = "peer that is sent a snapshot"});
  // Transaction n has three changes and was committed at second n. The clock is at 101.
  EXPECT_THAT(Page(), AllOf(HasSubstr("_lag_changes{subscription=\"billing\"} 3\n"),
                            HasSubstr("_lag_seconds{subscription=\"billing\"} 91\n"),
                            HasSubstr("_lag_changes{subscription=\"search\"} 0\n"),
                            HasSubstr("_lag_seconds{subscription=\"search\"} 0\n"),
                            HasSubstr("\nmillrace_feed_streams 2\n"),
                            HasSubstr("\nmillrace_feed_slowest_stream_lag_changes 18\n"),
                            HasSubstr("\nmillrace_feed_slowest_stream_lag_seconds 96\n")));
}

// Compares page and status for streams and stored positions at every kind of place.
TEST_F(MetricsEndpointTest, LagEqualsThatOfGetStatus) {
  StorePosition("behind", 27);
  StorePosition("upToDate", 30);
  Token token = feed::TokenAfter(log_.feed(), {27}).value();
  token.catch_up.emplace();
  ASSERT_TRUE(log_.subscriptions().Commit("inSnapshot", token).ok());
  token.catch_up.reset();
  ++token.log_id;
  ASSERT_TRUE(log_.subscriptions().Commit("inOtherLog", token).ok());
  const auto stream = streams_->Add({.peer = "at 12"});
  stream->passed.store(12);
  stream->in_log.store(true);
  streams_->Add({.peer = "in a snapshot"});
  const std::string page = Page();
  const v1::GetStatusResponse status = Status();
  uint64_t slowest = 0;
  ASSERT_EQ(status.subscriptions_size(), 6);
  for (const v1::SubscriptionStatus& reader : status.subscriptions()) {
    const bool in_log = reader.place() == v1::SubscriptionStatus::PLACE_IN_LOG;
    EXPECT_TRUE(in_log || reader.lag_changes() == 0) << reader.subscription();
    if (reader.subscription().empty()) {
      slowest = std::max(slowest, reader.lag_changes());
      continue;
    }
    const std::string series = fmt::format("_subscription_lag_changes{{subscription=\"{}\"}} {}\n",
                                           reader.subscription(), reader.lag_changes());
    EXPECT_EQ(page.find(series) != std::string::npos, in_log) << series;
  }
  EXPECT_THAT(page,
              HasSubstr(fmt::format("\nmillrace_feed_slowest_stream_lag_changes {}\n", slowest)));
  EXPECT_EQ(slowest, 18u);
}

TEST_F(MetricsEndpointTest, ResponsesOfStreamsAreCounted) {
  const auto subscriber = Subscribe(Earliest());
  subscriber->Changes(30);
  EXPECT_GT(streams_->response_bytes(), 30u);
  EXPECT_THAT(Page(), HasSubstr(fmt::format("\nmillrace_feed_response_bytes_total {}\n",
                                            streams_->response_bytes())));
}

TEST_F(MetricsEndpointTest, AddressInUseErrorSuggestsFixes) {
  const std::string taken = "127.0.0.1:" + std::to_string(endpoint_->port());
  const absl::Status status = MetricsEndpoint::Start({.listen = taken}, [] {
                                return decltype(MetricsEndpoint::Collect()()){};
                              }).status();
  EXPECT_EQ(feed::ReasonOf(status), "LISTEN_FAILED");
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(taken), HasSubstr("clear metrics.listen"), HasSubstr("ss -ltnp")));
}

TEST_F(MetricsEndpointTest, StopsImmediately) {
  const int port = endpoint_->port();
  const absl::Time begin = absl::Now();
  EXPECT_TRUE(endpoint_->StopWithin(absl::Seconds(1)));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(1));
  EXPECT_EQ(HttpGet(port, "/metrics"), "");
  EXPECT_TRUE(endpoint_->StopWithin(absl::ZeroDuration()));
}

TEST_F(MetricsEndpointTest, SilentClientDelaysStopOnlyBriefly) {
  const int idle = ConnectTo(endpoint_->port());
  EXPECT_TRUE(endpoint_->StopWithin(absl::Seconds(5)));
  close(idle);
}

}  // namespace
}  // namespace millrace::admin

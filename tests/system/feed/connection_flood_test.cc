// SPDX-License-Identifier: Apache-2.0

// Clients that attack with what gRPC allows: other clients do not notice, and memory stays bounded.
// MILLRACE_FLOOD_SECONDS=60 sets the duration.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "system/feed/flood_client.h"
#include "system/feed/server_certificates.h"
#include "system/feed/steady_changes.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

constexpr char kAttacker[] = "127.0.0.66";
constexpr int kAttackers = 3;

int FloodSeconds() {
  const char* seconds = std::getenv("MILLRACE_FLOOD_SECONDS");
  return seconds == nullptr ? 3 : std::atoi(seconds);
}

class ConnectionFlood : public ::testing::TestWithParam<bool> {
 protected:
  static bool tls() { return GetParam(); }
  void Start() {
    FeedServerOptions options;
    if (tls()) {
      options.server = {"tls:", "  certificate: " + certificates_.Path("server.pem"),
                        "  key: " + certificates_.Path("server.key")};
      options.client_tls =
          client::TlsOptions{.ca_file = certificates_.Path("ca.pem"), .server_name = "localhost"};
    }
    feed_ = FeedServer::MustStart(*source_, options);
  }
  // Floods the server while changes continue.
  void Flood(const FloodClients::Next& next) {
    Start();
    SteadyChanges changes(
        *source_, *feed_,
        tls() ? certificates_.Credentials("") : grpc::InsecureChannelCredentials());
    {
      const FloodClients flood(feed_->port(), kAttacker, tls(), kAttackers, next);
      absl::SleepFor(absl::Seconds(FloodSeconds()));
      std::cout << fmt::format("{} connections, {} refused, {:.1f} MiB sent\n", flood.connections(),
                               flood.refused(), static_cast<double>(flood.bytes()) / (1 << 20));
      EXPECT_GT(flood.bytes(), 0u);
    }
    outcome_ = changes.Finish();
    const auto status = feed_->client().GetStatus({});
    ASSERT_TRUE(status.ok()) << status.status();
    connections_ = status->connections();
    std::cout << connections_.ShortDebugString() << "\n";
    peak_mib_ = PeakResidentMib(feed_->pid());
    std::cout << fmt::format("p50 {:.1f} ms, p99 {:.1f} ms, most {:.1f} ms; peak {:.0f} MiB\n",
                             outcome_.Quantile(0.5), outcome_.Quantile(0.99), outcome_.Quantile(1),
                             peak_mib_);
  }
  void ExpectUnharmed(const std::string& reason) {
    ASSERT_EQ(connections_.cut_size(), 1);
    EXPECT_EQ(connections_.cut(0).reason(), reason);
    // The server has identified the peer, also with TLS, and blocked it.
    ASSERT_EQ(connections_.refused_size(), 1);
    EXPECT_EQ(connections_.refused(0).reason(), "peer_blocked");
    EXPECT_EQ(outcome_.arrived, outcome_.committed);
    EXPECT_LT(outcome_.Quantile(0.99), 50);
    EXPECT_LT(peak_mib_, 256);
  }
  const ServerCertificates certificates_;
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  std::unique_ptr<FeedServer> feed_;
  SteadyChanges::Outcome outcome_;
  v1::ConnectionStatus connections_;
  double peak_mib_ = 0;
};

TEST_P(ConnectionFlood, SenderOfEndlessHeadersIsCutOff) {
  using namespace http2;
  const std::string begin =
      Frame(kHeaders, 0, 1, Headers("/millrace.v1.ChangeFeed/ListSubscriptions"));
  const std::string more = EndlessHeaders();
  Flood([&](uint32_t count) { return count == 0 ? begin : more; });
  ExpectUnharmed("endless_headers");
}

TEST_P(ConnectionFlood, SenderOfDroppedCallsIsCutOff) {
  using namespace http2;
  const std::string begin =
      Frame(kHeaders, kEndHeaders, 1, Headers("/millrace.v1.ChangeFeed/ListSubscriptions")) +
      Frame(kData, kEndStream, 1, std::string(5, '\0'));
  Flood([&](uint32_t count) { return count == 0 ? begin : DroppedCalls(3 + 2000 * (count - 1)); });
  ExpectUnharmed("dropped_calls");
}

INSTANTIATE_TEST_SUITE_P(, ConnectionFlood, ::testing::Bool(),
                         [](const auto& tested) { return tested.param ? "Tls" : "Plain"; });

}  // namespace
}  // namespace millrace::testing

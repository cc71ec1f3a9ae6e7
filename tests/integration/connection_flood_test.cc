// SPDX-License-Identifier: Apache-2.0

// Clients that attack by what gRPC allows: others do not notice, and memory stays bounded.
// MILLRACE_FLOOD_SECONDS=60 runs them for as long.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "integration/feed_server.h"
#include "integration/flood_client.h"
#include "integration/steady_changes.h"

namespace millrace::testing {
namespace {

constexpr char kAttacker[] = "127.0.0.66";
constexpr int kAttackers = 3;

int FloodSeconds() {
  const char* seconds = std::getenv("MILLRACE_FLOOD_SECONDS");
  return seconds == nullptr ? 3 : std::atoi(seconds);
}

class ConnectionFlood : public ::testing::Test {
 protected:
  // Floods while changes go on.
  void Flood(const FloodClients::Next& next) {
    feed_ = FeedServer::MustStart(*source_);
    SteadyChanges changes(*source_, *feed_, grpc::InsecureChannelCredentials());
    {
      const FloodClients flood(feed_->port(), kAttacker, /*tls=*/false, kAttackers, next);
      absl::SleepFor(absl::Seconds(FloodSeconds()));
      std::cout << fmt::format("{} connections, {} refused, {:.1f} MiB sent\n", flood.connections(),
                               flood.refused(), static_cast<double>(flood.bytes()) / (1 << 20));
      EXPECT_GT(flood.bytes(), 0u);
    }
    outcome_ = changes.Finish();
    const auto status = feed_->client().GetStatus({});
    if (status.ok()) std::cout << status->connections().ShortDebugString() << "\n";
    peak_mib_ = PeakResidentMib(feed_->pid());
    std::cout << fmt::format("p50 {:.1f} ms, p99 {:.1f} ms, most {:.1f} ms; peak {:.0f} MiB\n",
                             outcome_.Quantile(0.5), outcome_.Quantile(0.99), outcome_.Quantile(1),
                             peak_mib_);
  }
  void ExpectUnharmed() {
    EXPECT_EQ(outcome_.arrived, outcome_.committed);
    EXPECT_LT(outcome_.Quantile(0.99), 50);
    EXPECT_LT(peak_mib_, 256);
  }
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  std::unique_ptr<FeedServer> feed_;
  SteadyChanges::Outcome outcome_;
  double peak_mib_ = 0;
};

TEST_F(ConnectionFlood, EndlessHeadersAreCutOff) {
  using namespace http2;
  const std::string begin =
      Frame(kHeaders, 0, 1, Headers("/millrace.v1.ChangeFeed/ListSubscriptions"));
  const std::string more = EndlessHeaders();
  Flood([&](uint32_t count) { return count == 0 ? begin : more; });
  ExpectUnharmed();
}

TEST_F(ConnectionFlood, DroppedCallsAreCutOff) {
  using namespace http2;
  const std::string begin =
      Frame(kHeaders, kEndHeaders, 1, Headers("/millrace.v1.ChangeFeed/ListSubscriptions")) +
      Frame(kData, kEndStream, 1, std::string(5, '\0'));
  Flood([&](uint32_t count) { return count == 0 ? begin : DroppedCalls(3 + 2000 * (count - 1)); });
  ExpectUnharmed();
}

}  // namespace
}  // namespace millrace::testing

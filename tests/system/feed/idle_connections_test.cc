// SPDX-License-Identifier: Apache-2.0

// Idle connections, as many as the server has file descriptors, and connections that come and go:
// the feed continues, and later clients can connect. MILLRACE_IDLE_SECONDS=30 sets how long they
// are held.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <iostream>
#include <vector>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "support/raw_http2.h"
#include "system/feed/server_certificates.h"
#include "system/feed/steady_changes.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

constexpr char kIdler[] = "127.0.0.66";

int IdleSeconds() {
  const char* seconds = std::getenv("MILLRACE_IDLE_SECONDS");
  return seconds == nullptr ? 2 : std::atoi(seconds);
}

// Raises this process's limit of open files to the hard limit, and returns it.
int HardLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(limit.rlim_max);
}

struct IdleCase {
  int open_files_max;  // 0: HardLimit()
  bool tls;
};

class IdleConnections : public ::testing::TestWithParam<IdleCase> {
 protected:
  void Start() {
    const int limit = GetParam().open_files_max;
    FeedServerOptions options{
        // The connections must stay until all are open.
        .server = {"connections_max: 1000000", "connections_per_peer_max: 1000000",
                   "handshake_timeout: 60s"},
        .open_files_max = limit};
    if (GetParam().tls) {
      options.server.insert(options.server.end(),
                            {"tls:", "  certificate: " + certificates_.Path("server.pem"),
                             "  key: " + certificates_.Path("server.key")});
      options.client_tls =
          client::TlsOptions{.ca_file = certificates_.Path("ca.pem"), .server_name = "localhost"};
    }
    feed_ = FeedServer::MustStart(*source_, options);
  }
  std::shared_ptr<grpc::ChannelCredentials> Credentials() {
    return GetParam().tls ? certificates_.Credentials("") : grpc::InsecureChannelCredentials();
  }
  // Opens `count` connections. With TLS, 100 of the first 200 complete the handshake. The server
  // may close them.
  void Open(int count) {
    for (int i = 0; i < count; ++i) {
      const bool handshake = GetParam().tls && i % 2 == 0 && i < 200;
      auto connection = RawConnection::Open(feed_->port(), kIdler, handshake);
      if (connection.has_value()) idle_.push_back(std::move(*connection));
    }
  }
  uint64_t Refused(const v1::GetStatusResponse& status) {
    uint64_t refused = 0;
    for (const auto& count : status.connections().refused()) refused += count.connections();
    return refused;
  }

  const ServerCertificates certificates_;
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({});
  std::unique_ptr<FeedServer> feed_;
  std::vector<RawConnection> idle_;
};

TEST_P(IdleConnections, UpToTheDescriptorLimitDoNoHarm) {
  const int hard = HardLimit();
  Start();
  SteadyChanges changes(*source_, *feed_, Credentials());
  const int limit = GetParam().open_files_max == 0 ? hard : GetParam().open_files_max;
  // The hard limit also applies to this process.
  Open(std::min(limit, hard - 200));
  absl::SleepFor(absl::Seconds(IdleSeconds()));
  const v1::GetStatusResponse status = feed_->client().GetStatus({}).value();
  EXPECT_EQ(status.source().state(), v1::SourceStatus::STATE_STREAMING);
  EXPECT_LT(status.connections().connections_max(), static_cast<uint64_t>(limit));
  EXPECT_GT(Refused(status), 0u);
  idle_.clear();
  const absl::Time left = absl::Now();
  const v1::SubscribeRequest request;
  bool admitted = false;
  while (!admitted && absl::Now() < left + absl::Seconds(5)) {
    admitted =
        client::Client::Connect(
            {.address = feed_->address(),
             .tls = GetParam().tls
                        ? std::optional(client::TlsOptions{.ca_file = certificates_.Path("ca.pem"),
                                                           .server_name = "localhost"})
                        : std::nullopt})
            .value()
            ->GetStatus({})
            .ok();
  }
  EXPECT_TRUE(admitted);
  std::cout << fmt::format("{} of {} connections, {} refused, a new one after {}\n",
                           status.connections().open(), status.connections().connections_max(),
                           Refused(status), absl::FormatDuration(absl::Now() - left));
  const SteadyChanges::Outcome outcome = changes.Finish();
  EXPECT_EQ(outcome.arrived, outcome.committed);
  EXPECT_EQ(feed_->LogText().find("STORAGE_FAILED"), std::string::npos);
}

// Includes the hard limit only if there is time for so many connections.
std::vector<IdleCase> Cases() {
  std::vector<IdleCase> cases;
  for (const int limit : {80, 1024, 0}) {
    if (limit == 0 && std::getenv("MILLRACE_IDLE_SECONDS") == nullptr) continue;
    for (const bool tls : {false, true}) cases.push_back({limit, tls});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Limits, IdleConnections, ::testing::ValuesIn(Cases()),
                         [](const auto& tested) {
                           const int limit = tested.param.open_files_max;
                           return (limit == 0 ? "Hard" : std::to_string(limit)) +
                                  (tested.param.tls ? "Tls" : "Plain");
                         });

}  // namespace
}  // namespace millrace::testing

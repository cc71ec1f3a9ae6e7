// SPDX-License-Identifier: Apache-2.0

#include "listener/connections.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "manual_clock.h"
#include "support/raw_http2.h"

namespace millrace::listener {
namespace {

namespace http2 = testing::http2;

// More header frames than one call can have.
std::string EndlessHeaders() {
  std::string bytes = http2::Preface() + http2::Frame(http2::kHeaders, 0, 1, "x");
  for (int i = 0; i < 20; ++i) bytes += http2::Frame(http2::kContinuation, 0, 1, "x");
  return bytes;
}

class ConnectionsTest : public ::testing::Test {
 protected:
  std::shared_ptr<ReadWatcher> Admit(const std::string& host) {
    return connections_.Admit({.endpoint = host + ":1", .host = host}, refusal_);
  }
  uint64_t Refused(Refusal reason) {
    return connections_.reading().refused[static_cast<size_t>(reason)];
  }
  uint64_t Cut(CutReason reason) { return connections_.reading().cut[static_cast<size_t>(reason)]; }
  // Opens a connection, floods, and closes it like gRPC.
  void Flood(const std::string& host) {
    const auto connection = Admit(host);
    ASSERT_NE(connection, nullptr) << host;
    EXPECT_FALSE(connection->OnRead(EndlessHeaders()));
    connection->OnClose();
  }

  ManualClock clock_;
  Connections connections_{{.connections_max = 3, .connections_per_peer_max = 2}, clock_};
  Refusal refusal_{};
};

TEST_F(ConnectionsTest, ExcessConnectionIsRefusedUntilOneCloses) {
  Admit("192.0.2.1");
  const auto second = Admit("192.0.2.2");
  Admit("192.0.2.3");
  EXPECT_EQ(Admit("192.0.2.4"), nullptr);
  EXPECT_EQ(refusal_, Refusal::kConnectionsMax);
  EXPECT_EQ(Refused(Refusal::kConnectionsMax), 1u);
  second->OnClose();
  EXPECT_NE(Admit("192.0.2.4"), nullptr);
  EXPECT_EQ(connections_.reading().open, 3u);
  EXPECT_EQ(connections_.reading().accepted, 4u);
}

TEST_F(ConnectionsTest, OnePeerCannotUseAllConnections) {
  const auto first = Admit("192.0.2.1");
  Admit("192.0.2.1");
  EXPECT_EQ(Admit("192.0.2.1"), nullptr);
  EXPECT_EQ(refusal_, Refusal::kPeerMax);
  EXPECT_NE(Admit("192.0.2.2"), nullptr);
  first->OnClose();
  EXPECT_NE(Admit("192.0.2.1"), nullptr);
}

TEST_F(ConnectionsTest, FloodingConnectionFailsAllFurtherReads) {
  const auto bad = Admit("192.0.2.1");
  EXPECT_TRUE(bad->OnRead(http2::Preface()));
  EXPECT_FALSE(bad->OnRead(EndlessHeaders().substr(http2::Preface().size())));
  EXPECT_FALSE(bad->OnRead("x"));
  EXPECT_EQ(Cut(CutReason::kEndlessHeaders), 1u);
  // The connection counts as open until its descriptor is closed.
  EXPECT_EQ(connections_.reading().open, 1u);
  bad->OnClose();
  EXPECT_EQ(connections_.reading().open, 0u);
}

TEST_F(ConnectionsTest, FloodingPeerIsBlockedForFiveSeconds) {
  Flood("192.0.2.1");
  EXPECT_EQ(Admit("192.0.2.1"), nullptr);
  EXPECT_EQ(refusal_, Refusal::kPeerBlocked);
  EXPECT_NE(Admit("192.0.2.2"), nullptr);
  clock_.Advance(4.9);
  EXPECT_EQ(Admit("192.0.2.1"), nullptr);
  clock_.Advance(0.2);
  EXPECT_NE(Admit("192.0.2.1"), nullptr);
}

TEST_F(ConnectionsTest, BlocksDoubleUpToAMinute) {
  for (const double seconds : {5, 10, 20, 40, 60, 60}) {
    Flood("192.0.2.1");
    clock_.Advance(seconds - 0.1);
    EXPECT_EQ(Admit("192.0.2.1"), nullptr) << seconds;
    clock_.Advance(0.2);
  }
  // The earlier blocks are forgotten.
  clock_.Advance(600);
  Flood("192.0.2.1");
  clock_.Advance(5.1);
  EXPECT_NE(Admit("192.0.2.1"), nullptr);
}

TEST_F(ConnectionsTest, SimultaneousCutsCountAsOneBlock) {
  const auto first = Admit("192.0.2.1");
  const auto second = Admit("192.0.2.1");
  EXPECT_FALSE(first->OnRead(EndlessHeaders()));
  EXPECT_FALSE(second->OnRead(EndlessHeaders()));
  first->OnClose();
  clock_.Advance(5.1);
  EXPECT_NE(Admit("192.0.2.1"), nullptr);
}

TEST_F(ConnectionsTest, NumberOfBlockedPeersIsBounded) {
  for (int i = 0; i < 11'000; ++i) {
    Flood(std::to_string(i));
    clock_.Advance(0.0001);
  }
  EXPECT_NE(Admit("0"), nullptr);
  EXPECT_EQ(Admit("10999"), nullptr);
}

TEST(ConnectionsLifetime, ConnectionCanOutliveConnections) {
  ManualClock clock;
  Refusal refusal{};
  std::shared_ptr<ReadWatcher> late;
  {
    Connections connections({.connections_max = 1, .connections_per_peer_max = 1}, clock);
    late = connections.Admit({.endpoint = "192.0.2.1:1", .host = "192.0.2.1"}, refusal);
  }
  EXPECT_FALSE(late->OnRead(EndlessHeaders()));
  late->OnClose();
}

TEST(Names, MatchMetricLabels) {
  EXPECT_EQ(Name(Refusal::kPeerBlocked), "peer_blocked");
  EXPECT_EQ(Name(Refusal::kConnectionsMax), "connections_max");
  EXPECT_EQ(Name(Refusal::kPeerMax), "connections_per_peer_max");
  EXPECT_EQ(Name(Refusal::kDescriptors), "descriptors");
  EXPECT_EQ(Name(CutReason::kEndlessHeaders), "endless_headers");
  EXPECT_EQ(Name(CutReason::kDroppedCalls), "dropped_calls");
  EXPECT_EQ(Name(CutReason::kIdleFrames), "idle_frames");
}

}  // namespace
}  // namespace millrace::listener

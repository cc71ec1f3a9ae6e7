// SPDX-License-Identifier: Apache-2.0

#include "listener/connections.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "steady_clock.h"

namespace millrace::listener {
namespace {

class ConnectionsTest : public ::testing::Test {
 protected:
  static Descriptor AnyDescriptor() { return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)); }
  std::shared_ptr<Connection> Admit(const std::string& host, int port = 1) {
    const Peer peer{.endpoint = host + ":" + std::to_string(port), .host = host};
    return connections_.Admit(peer, AnyDescriptor, refusal_);
  }
  uint64_t Refused(Refusal reason) {
    return connections_.reading().refused[static_cast<size_t>(reason)];
  }

  SteadyClock clock_;
  Connections connections_{{.connections_max = 3, .connections_per_peer_max = 2}, clock_};
  Refusal refusal_{};
};

TEST_F(ConnectionsTest, OneTooManyIsRefusedUntilAnotherEnds) {
  const auto first = Admit("192.0.2.1");
  const auto second = Admit("192.0.2.2");
  const auto third = Admit("192.0.2.3");
  EXPECT_EQ(Admit("192.0.2.4"), nullptr);
  EXPECT_EQ(refusal_, Refusal::kConnectionsMax);
  EXPECT_EQ(Refused(Refusal::kConnectionsMax), 1u);
  connections_.Remove(*second);
  EXPECT_NE(Admit("192.0.2.4"), nullptr);
  EXPECT_EQ(connections_.reading().open, 3u);
  EXPECT_EQ(connections_.reading().accepted, 4u);
}

TEST_F(ConnectionsTest, OnePeerCannotTakeAll) {
  const auto first = Admit("192.0.2.1", 1);
  const auto second = Admit("192.0.2.1", 2);
  EXPECT_EQ(Admit("192.0.2.1", 3), nullptr);
  EXPECT_EQ(refusal_, Refusal::kPeerMax);
  EXPECT_NE(Admit("192.0.2.2"), nullptr);
  connections_.Remove(*first);
  EXPECT_EQ(Admit("192.0.2.1", 3) == nullptr, false);
}

TEST_F(ConnectionsTest, WithoutDescriptorsNothingIsAdmitted) {
  const Peer peer{.endpoint = "192.0.2.1:1", .host = "192.0.2.1"};
  EXPECT_EQ(connections_.Admit(
                peer, [] { return Descriptor(); }, refusal_),
            nullptr);
  EXPECT_EQ(refusal_, Refusal::kDescriptors);
  EXPECT_EQ(connections_.reading().open, 0u);
}

TEST_F(ConnectionsTest, RemovingTwiceCountsOnce) {
  const auto first = Admit("192.0.2.1");
  const auto second = Admit("192.0.2.2");
  connections_.Remove(*first);
  connections_.Remove(*first);
  EXPECT_EQ(connections_.reading().open, 1u);
}

TEST_F(ConnectionsTest, PeerThatWasCutIsBlockedForAWhile) {
  const auto bad = Admit("192.0.2.1");
  connections_.Cut(*bad, CutReason::kUnansweredBytes);
  connections_.Remove(*bad);
  EXPECT_EQ(Admit("192.0.2.1"), nullptr);
  EXPECT_EQ(refusal_, Refusal::kPeerBlocked);
  EXPECT_NE(Admit("192.0.2.2"), nullptr);
  clock_.Advance(4.9);
  EXPECT_EQ(Admit("192.0.2.1"), nullptr);
  clock_.Advance(0.2);
  EXPECT_NE(Admit("192.0.2.1"), nullptr);
  EXPECT_EQ(connections_.reading().cut[static_cast<size_t>(CutReason::kUnansweredBytes)], 1u);
}

TEST_F(ConnectionsTest, EachFurtherBlockIsLongerUpToAMinute) {
  for (const double seconds : {5, 10, 20, 40, 60, 60}) {
    const auto bad = Admit("192.0.2.1");
    ASSERT_NE(bad, nullptr) << seconds;
    connections_.Cut(*bad, CutReason::kDroppedCalls);
    connections_.Remove(*bad);
    clock_.Advance(seconds - 0.1);
    EXPECT_EQ(Admit("192.0.2.1"), nullptr) << seconds;
    clock_.Advance(0.2);
  }
  // Forgotten.
  clock_.Advance(600);
  const auto bad = Admit("192.0.2.1");
  connections_.Cut(*bad, CutReason::kDroppedCalls);
  connections_.Remove(*bad);
  clock_.Advance(5.1);
  EXPECT_NE(Admit("192.0.2.1"), nullptr);
}

TEST_F(ConnectionsTest, ConnectionsCutTogetherCountAsOneBlock) {
  const auto first = Admit("192.0.2.1", 1);
  const auto second = Admit("192.0.2.1", 2);
  connections_.Cut(*first, CutReason::kUnansweredBytes);
  connections_.Cut(*second, CutReason::kUnansweredBytes);
  connections_.Remove(*first);
  clock_.Advance(5.1);
  EXPECT_NE(Admit("192.0.2.1"), nullptr);
}

TEST_F(ConnectionsTest, CallsAreCountedByThePeerThatGrpcNames) {
  const auto first = Admit("192.0.2.1", 1);
  const auto second = Admit("192.0.2.2", 1);
  connections_.ForPeer("ipv4:192.0.2.1:1", [](Connection& connection) { connection.NoteCall(); });
  connections_.ForPeer("ipv4:192.0.2.1:2", [](Connection& connection) { connection.NoteCall(); });
  connections_.ForPeer("unix:", [](Connection& connection) { connection.NoteCall(); });
  EXPECT_EQ(first->calls(), 1u);
  EXPECT_EQ(second->calls(), 0u);
}

TEST_F(ConnectionsTest, FloodFromEverywhereIsRememberedInBounds) {
  Connections connections({.connections_max = 30'000, .connections_per_peer_max = 1}, clock_);
  for (int i = 0; i < 11'000; ++i) {
    const std::string host = std::to_string(i);
    const auto bad =
        connections.Admit({.endpoint = host + ":1", .host = host}, AnyDescriptor, refusal_);
    ASSERT_NE(bad, nullptr);
    connections.Cut(*bad, CutReason::kUnansweredBytes);
    connections.Remove(*bad);
    clock_.Advance(0.0001);
  }
  const auto again = [&](const std::string& host) {
    return connections.Admit({.endpoint = host + ":1", .host = host}, AnyDescriptor, refusal_);
  };
  EXPECT_NE(again("0"), nullptr);
  EXPECT_EQ(again("10999"), nullptr);
}

TEST(Names, OfReasonsDiffer) {
  EXPECT_EQ(Name(Refusal::kPeerBlocked), "peer_blocked");
  EXPECT_EQ(Name(Refusal::kConnectionsMax), "connections_max");
  EXPECT_EQ(Name(Refusal::kPeerMax), "connections_per_peer_max");
  EXPECT_EQ(Name(Refusal::kDescriptors), "descriptors");
  EXPECT_EQ(Name(CutReason::kUnansweredBytes), "unanswered_bytes");
  EXPECT_EQ(Name(CutReason::kDroppedCalls), "dropped_calls");
}

}  // namespace
}  // namespace millrace::listener

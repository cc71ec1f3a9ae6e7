// SPDX-License-Identifier: Apache-2.0

#include "admin/status_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/reason.h"

namespace millrace::admin {
namespace {

using Subscription = v1::SubscriptionStatus;

constexpr Micros kStatusSecond = 1'000'000;

ReaderReading ReaderAt(ReaderReading::Place place) {
  ReaderReading reader;
  reader.subscription = "billing";
  reader.place = place;
  reader.sequence = {7};
  reader.lag = {.changes = 3, .time = 2 * kStatusSecond};
  return reader;
}

Subscription MessageOf(ReaderReading::Place place) {
  StatusReading reading;
  reading.feed.subscriptions = {ReaderAt(place)};
  return StatusMessage(reading).subscriptions(0);
}

TEST(StatusMessageTest, ReaderInLogHasItsLag) {
  const Subscription status = MessageOf(ReaderReading::Place::kInLog);
  EXPECT_EQ(status.place(), Subscription::PLACE_IN_LOG);
  EXPECT_EQ(status.sequence(), 7u);
  EXPECT_EQ(status.lag_changes(), 3u);
  EXPECT_EQ(status.lag().seconds(), 2);
}

TEST(StatusMessageTest, ReaderElsewhereHasNoLag) {
  for (const auto& [place, message] :
       {std::pair(ReaderReading::Place::kInSnapshot, Subscription::PLACE_IN_SNAPSHOT),
        std::pair(ReaderReading::Place::kInOtherLog, Subscription::PLACE_IN_OTHER_LOG)}) {
    const Subscription status = MessageOf(place);
    EXPECT_EQ(status.place(), message);
    EXPECT_EQ(status.subscription(), "billing");
    EXPECT_EQ(status.sequence(), 0u);
    EXPECT_EQ(status.lag_changes(), 0u);
    EXPECT_FALSE(status.has_lag());
  }
}

TEST(StatusMessageTest, StreamsComeBeforeSubscriptions) {
  StatusReading reading;
  reading.feed.subscriptions = {ReaderAt(ReaderReading::Place::kInLog)};
  reading.feed.streams = {ReaderReading()};
  reading.feed.streams[0].peer = "ipv4:10.0.0.1:4";
  const v1::GetStatusResponse status = StatusMessage(reading);
  ASSERT_EQ(status.subscriptions_size(), 2);
  EXPECT_EQ(status.subscriptions(0).peer(), "ipv4:10.0.0.1:4");
  EXPECT_EQ(status.subscriptions(1).subscription(), "billing");
}

TEST(StatusMessageTest, StreamHasItsClientName) {
  StatusReading reading;
  reading.feed.streams = {ReaderReading()};
  reading.feed.streams[0].client_name = "billing on app-3";
  EXPECT_EQ(StatusMessage(reading).subscriptions(0).client_name(), "billing on app-3");
}

TEST(StatusMessageTest, CertificatesShowExpiryAndError) {
  StatusReading reading;
  reading.now = 100 * kStatusSecond;
  reading.certificates.certificates = {
      {.file = {"server.tls.certificate", "/feed.pem"},
       .expiry = {.not_before = 0, .not_after = 90 * kStatusSecond, .subject = "CN=feed"}}};
  reading.certificates.error = MakeError(reason::kTlsFileUnreadable, "the key is missing");
  const v1::GetStatusResponse status = StatusMessage(reading);
  ASSERT_EQ(status.certificates_size(), 1);
  EXPECT_EQ(status.certificates(0).setting(), "server.tls.certificate");
  EXPECT_EQ(status.certificates(0).path(), "/feed.pem");
  EXPECT_EQ(status.certificates(0).expire_time().seconds(), 90);
  EXPECT_EQ(status.certificates(0).subject(), "CN=feed");
  EXPECT_THAT(status.certificates(0).warning(), ::testing::HasSubstr("expired at 1970"));
  EXPECT_EQ(status.certificates_error(), "the key is missing");
  EXPECT_EQ(status.certificates_error_reason(), "TLS_FILE_UNREADABLE");
}

TEST(StatusMessageTest, EndedSnapshotsAreOmitted) {
  StatusReading reading;
  reading.snapshots.resize(3);
  reading.snapshots[0].set_state(v1::Snapshot::STATE_DONE);
  reading.snapshots[1].set_state(v1::Snapshot::STATE_PAUSED);
  reading.snapshots[2].set_state(v1::Snapshot::STATE_CANCELED);
  const v1::GetStatusResponse status = StatusMessage(reading);
  ASSERT_EQ(status.snapshots_size(), 1);
  EXPECT_EQ(status.snapshots(0).state(), v1::Snapshot::STATE_PAUSED);
}

TEST(StatusMessageTest, ConnectionsOmitReasonsWithZeroCount) {
  StatusReading reading;
  reading.connections.open = 7;
  reading.connections.connections_max = 1000;
  reading.connections.accepted = 70;
  reading.connections.refused[static_cast<size_t>(listener::Refusal::kPeerMax)] = 3;
  reading.connections.cut[static_cast<size_t>(listener::CutReason::kDroppedCalls)] = 2;
  const v1::ConnectionStatus connections = StatusMessage(reading).connections();
  EXPECT_EQ(connections.open(), 7u);
  EXPECT_EQ(connections.connections_max(), 1000u);
  EXPECT_EQ(connections.accepted(), 70u);
  ASSERT_EQ(connections.refused_size(), 1);
  EXPECT_EQ(connections.refused(0).reason(), "connections_per_peer_max");
  EXPECT_EQ(connections.refused(0).connections(), 3u);
  ASSERT_EQ(connections.cut_size(), 1);
  EXPECT_EQ(connections.cut(0).reason(), "dropped_calls");
  EXPECT_EQ(connections.cut(0).connections(), 2u);
}

TEST(StatusMessageTest, LagOfTheSourceIsNeverNegative) {
  StatusReading reading;
  reading.now = 100 * kStatusSecond;
  EXPECT_FALSE(StatusMessage(reading).source().has_lag());
  reading.ingest.source_time = 98 * kStatusSecond;
  EXPECT_EQ(StatusMessage(reading).source().lag().seconds(), 2);
  reading.ingest.source_time = 101 * kStatusSecond;
  EXPECT_EQ(StatusMessage(reading).source().lag().seconds(), 0);
}

}  // namespace
}  // namespace millrace::admin

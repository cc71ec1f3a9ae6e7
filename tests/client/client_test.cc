// SPDX-License-Identifier: Apache-2.0

#include "millrace/client.h"

#include "client/fake_feed.h"
#include "gtest/gtest.h"
#include "millrace/backoff.h"
#include "millrace/error.h"

namespace millrace::client {
namespace {

TEST(ClientTest, CallsReturnServerReason) {
  FakeFeed feed;
  const auto client = *Client::Connect({.address = feed.address()});
  v1::DeleteSubscriptionRequest request;
  request.set_subscription("unknown");
  const auto deleted = client->DeleteSubscription(request);
  EXPECT_EQ(deleted.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReasonOf(deleted.status()), "SUBSCRIPTION_NOT_FOUND");
}

TEST(ClientTest, ConnectionFailureHasNoDetail) {
  std::string address;
  address = FakeFeed().address();
  const auto client = *Client::Connect({.address = address});
  const auto status = client->GetStatus({});
  EXPECT_EQ(status.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(ErrorDetailOf(status.status()).has_value());
}

TEST(ClientTest, CertificateNeedsItsKey) {
  ClientOptions options;
  options.tls.emplace().certificate_file = "/dev/null";
  EXPECT_EQ(Client::Connect(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ClientTest, MissingAuthorityFileIsNamed) {
  ClientOptions options;
  options.tls.emplace().ca_file = "/nowhere/ca.pem";
  const absl::Status status = Client::Connect(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(status.message()).find("/nowhere/ca.pem"), std::string::npos);
}

TEST(ClientTest, SubscriptionsHaveClientName) {
  FakeFeed feed;
  feed.Add(FailureWithReason(grpc::StatusCode::INVALID_ARGUMENT, "REQUEST_INVALID"));
  feed.Add(FailureWithReason(grpc::StatusCode::INVALID_ARGUMENT, "REQUEST_INVALID"));
  const auto client = *Client::Connect({.address = feed.address(), .client_name = "billing"});
  client->Subscribe({})->Next().IgnoreError();
  SubscribeOptions named;
  named.request.set_client_name("search");
  client->Subscribe(named)->Next().IgnoreError();
  const auto requests = feed.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].client_name(), "billing");
  EXPECT_EQ(requests[1].client_name(), "search");
}

TEST(BackoffTest, WaitsDoubleUpToMaximum) {
  Backoff backoff({.backoff_initial = absl::Seconds(1), .backoff_max = absl::Seconds(3)});
  for (const int ceiling : {1, 2, 3, 3}) {
    const absl::Duration wait = backoff.Next();
    EXPECT_LE(wait, absl::Seconds(ceiling));
    EXPECT_GE(wait, absl::Seconds(ceiling) / 2);
  }
}

TEST(BackoffTest, ResetRestoresInitialWait) {
  Backoff backoff({.backoff_initial = absl::Seconds(1), .backoff_max = absl::Seconds(100)});
  for (int i = 0; i < 5; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.failures(), 0);
  EXPECT_LE(backoff.Next(), absl::Seconds(1));
}

}  // namespace
}  // namespace millrace::client
